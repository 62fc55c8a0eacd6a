"""What all commands refuse by."""


class Refusal(Exception):
    """Something is not done; the message is all that there is to say."""
