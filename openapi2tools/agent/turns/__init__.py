"""One turn of a model: asked, asked again where that helps, and held to the limits of its run."""
