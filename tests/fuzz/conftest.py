"""An environment that was installed before Hypothesis was required skips its tests."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("hypothesis") else ["test_properties.py"]
