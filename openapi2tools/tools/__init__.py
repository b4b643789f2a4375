"""An `Api` to a `Toolset`: pure, no I/O."""
