"""An HTTP response to a `Result`."""
