"""The built-in plugins of benchbench, imported as `benchbench_plugins`: one component a file, or a folder."""
