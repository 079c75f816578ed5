"""MNIST, and Fashion-MNIST in the same format: 60,000 + 10,000 grey images of 28x28 pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from minigen.data.dataset import Dataset
from minigen.data.idx import parse_labelled_images
from minigen.data.locations import Availability, FolderPath, availability, read_files
from minigen.data.publication import Publication, PublishedFile

_PREFIXES: Final = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class IdxSource:
    """A data set published as MNIST is: images and labels in IDX files, for training and test.

    Parameters
    ----------
    publication : Publication
        The four files.
    classes : tuple of str
        The classes' names, in the order of the labels.
    """

    publication: Publication
    classes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.publication.name

    def load(self, split: str, root: FolderPath | None = None) -> Dataset:
        """Read one split: see `minigen.data.load`."""
        contents = read_files(self.publication, root)
        prefix = _PREFIXES[split]
        images_file = f"{prefix}-images-idx3-ubyte.gz"
        labels_file = f"{prefix}-labels-idx1-ubyte.gz"
        images, labels = parse_labelled_images(
            (images_file, contents[images_file]), (labels_file, contents[labels_file])
        )
        return Dataset(self.name, split, images, labels, self.classes)

    def availability(self, root: FolderPath | None = None) -> Availability:
        """Tell whether the files are at hand: see `minigen.data.available`."""
        return availability(self.publication, root)


# LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
# Proceedings of the IEEE, 1998.
MNIST: Final = IdxSource(
    Publication(
        name="mnist",
        folder="mnist",
        files=(
            PublishedFile(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            PublishedFile(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            PublishedFile(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            PublishedFile(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    ),
    classes=tuple("0123456789"),
)

# Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
# algorithms", 2017; MIT licence.
FASHION_MNIST: Final = IdxSource(
    Publication(
        name="fashion_mnist",
        folder="fashion-mnist",
        files=(
            PublishedFile(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            PublishedFile(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            PublishedFile(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            PublishedFile(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ),
        # The bucket answers plain HTTP only; the checksums stand in for the encryption.
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
    ),
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)
