"""What `run` and `chat` share: the model, the session, what is shown of a run, who is asked."""
