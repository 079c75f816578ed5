"""WAV files: what is read, what is written, and what resampling keeps."""

import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from minigen.data.publication import DataFileError
from minigen.data.waves import encode_wave, read_wave, resample, write_wave

RATE = 8000


def tone(frequency: float, rate: int = RATE, seconds: float = 0.5) -> np.ndarray:
    return 0.8 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def riff(data: bytes, code: int, width: int, channels: int = 1, *, extra: bytes = b"") -> bytes:
    block = width * channels
    header = struct.pack("<HHIIHH", code, channels, RATE, RATE * block, block, 8 * width) + extra
    parts = b"".join(
        struct.pack("<4sI", name, len(part)) + part + b"\0" * (len(part) % 2)
        for name, part in ((b"LIST", b"odd"), (b"fmt ", header), (b"data", data))
    )
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WAVE" + parts


def written(path: Path, contents: bytes) -> Path:
    path.write_bytes(contents)
    return path


def test_what_was_written_is_read_again_to_half_a_step(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav", tone(440), RATE)
    samples, rate = read_wave(tmp_path / "a.wav")
    assert rate == RATE
    assert samples.dtype == np.float32
    assert abs(samples - tone(440)).max() < 1.6 / 32768
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_the_standard_library_reads_what_is_written(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav", [0.0, 1.0, -1.0, 7.0], RATE)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (1, 2, RATE, 4)
        assert np.frombuffer(file.readframes(4), "<i2").tolist() == [0, 32767, -32767, 32767]


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_integers_of_every_width_are_read(tmp_path: Path, width: int) -> None:
    x = tone(440)
    whole = np.rint(x * (2 ** (8 * width - 1) - 1)).astype(np.int64)
    data = (
        (whole + 128).astype(np.uint8).tobytes()
        if width == 1
        else b"".join(int(each).to_bytes(width, "little", signed=True) for each in whole)
    )
    samples, _ = read_wave(written(tmp_path / "a.wav", riff(data, 1, width)))
    assert abs(samples - x).max() < 1.6 / 2 ** (8 * width - 1) + 1e-6


@pytest.mark.parametrize("width", [4, 8])
def test_floating_point_numbers_are_read(tmp_path: Path, width: int) -> None:
    data = tone(440).astype(f"<f{width}").tobytes()
    samples, _ = read_wave(written(tmp_path / "a.wav", riff(data, 3, width)))
    assert np.allclose(samples, tone(440), atol=1e-6)


def test_a_header_with_a_sub_format_is_read(tmp_path: Path) -> None:
    guid = struct.pack("<H", 3) + bytes.fromhex("000000001000800000aa00389b71")
    extra = struct.pack("<HHI", 22, 32, 4) + guid
    contents = riff(tone(440).astype("<f4").tobytes(), 0xFFFE, 4, extra=extra)
    assert np.allclose(read_wave(written(tmp_path / "a.wav", contents))[0], tone(440), atol=1e-6)


def test_channels_are_mixed(tmp_path: Path) -> None:
    both = np.stack([tone(440), -tone(440) / 2], axis=1).astype("<f4").tobytes()
    samples, _ = read_wave(written(tmp_path / "a.wav", riff(both, 3, 4, channels=2)))
    assert np.allclose(samples, tone(440) / 4, atol=1e-6)


def test_a_length_that_was_never_filled_in_is_no_obstacle(tmp_path: Path) -> None:
    contents = bytearray(encode_wave(tone(440), RATE))
    contents[40:44] = b"\xff" * 4  # as programs leave it that write into a pipe
    samples, _ = read_wave(written(tmp_path / "a.wav", bytes(contents)))
    assert len(samples) == len(tone(440))


@pytest.mark.parametrize(("before", "after"), [(44100, 8000), (8000, 44100), (8000, 11026)])
def test_resampling_keeps_a_tone(before: int, after: int) -> None:
    made = resample(tone(440, before), before, after)
    wanted = tone(440, after)
    assert made.shape == wanted.shape
    inner = slice(after // 20, -after // 20)
    assert abs(made - wanted)[inner].max() < 1e-3


def test_resampling_takes_away_what_the_lower_rate_can_not_hold() -> None:
    made = resample(tone(5000, 44100), 44100, 8000)
    assert abs(made[400:-400]).max() < 1e-3


def test_resampling_takes_several_sounds_and_keeps_what_is_constant() -> None:
    made = resample(np.ones((2, 3, 1000)), 16000, 8000)
    assert made.shape == (2, 3, 500)
    assert np.allclose(made[..., 50:-50], 1, atol=1e-6)


def test_a_file_is_read_in_the_rate_asked_for(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav", tone(440, 44100), 44100)
    samples, rate = read_wave(tmp_path / "a.wav", rate=RATE)
    assert rate == RATE
    assert abs(samples - tone(440))[400:-400].max() < 1e-3


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"ID3\x03 not a WAV file", "is no WAV file: save it as WAV of 16 bits"),
        (riff(b"", 1, 2), "holds no sound: its length is 0"),
        (riff(b"\0" * 8, 7, 1), "holds mu-law of 8 bits: integers of 8, 16, 24 or 32 bits"),
        (riff(b"\0" * 10, 1, 5), "holds numbers of 40 bits"),
        (riff(b"\0" * 8, 1, 2)[:30], "is cut off"),
        (riff(np.full(4, np.nan, "<f4").tobytes(), 3, 4), "holds no numbers: save it"),
        (riff(b"\0" * 8, 1, 2, channels=0), "0 channels"),
    ],
)
def test_what_can_not_be_read_is_named_with_the_remedy(
    tmp_path: Path, contents: bytes, says: str
) -> None:
    with pytest.raises(DataFileError, match=says) as error:
        read_wave(written(tmp_path / "a.wav", contents))
    assert "a.wav" in str(error.value)


def test_impossible_sounds_are_not_written() -> None:
    with pytest.raises(ValueError, match=r"shape \(L,\) are expected, got shape \(2, 2\)"):
        encode_wave(np.zeros((2, 2)), RATE)
    with pytest.raises(ValueError, match="finite samples"):
        encode_wave([np.nan], RATE)
    with pytest.raises(ValueError, match="a positive rate is expected, got 0"):
        encode_wave([0.0], 0)
    with pytest.raises(ValueError, match="positive rates are expected, got 8000 and 0"):
        resample([0.0], 8000, 0)
