"""What one program is told about one run: topics, folders, how many processes or threads it may use."""

import msgspec

TOKEN_KEY = "62656e63686d61726b2d6b65792d3031"  # "benchmark-key-01": the data is invented, so is the key


class Job(msgspec.Struct, frozen=True):
    """One run of one program. `marker` names its consumer group and stands in each of its topics' names."""

    bench: str
    marker: str
    bootstrap: str
    input: str
    output: str
    dead: str
    changelog: str
    folder: str
    workers: int
    schema: str
    batch_size: int = 5000
    token_key: str = TOKEN_KEY
