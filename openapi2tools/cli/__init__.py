"""The command line: options to one public call."""
