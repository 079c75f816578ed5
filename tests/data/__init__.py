"""Tests of minigen.data."""
