"""A question to an answer: ask the model, run its calls, go on."""
