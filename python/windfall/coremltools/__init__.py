"""Gives coremltools the ability to predict on this machine: `import windfall.coremltools`, before or after coremltools.

Nothing on disk is touched. In this process, coremltools finds Windfall where it looks for Apple's compiled module
(`coremltools.libcoremlpython`), and its questions for the operating system are answered as macOS would.
"""
from ._install import install

install()
