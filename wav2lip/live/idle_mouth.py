"""What the mouth does while nobody speaks. Imported by commands before anything heavy."""

from typing import Literal, TypeAlias, get_args

# "closed": closed, whatever it does in the source; "source": as in the source.
IdleMouth: TypeAlias = Literal["closed", "source"]
IDLE_MOUTHS: tuple[IdleMouth, ...] = get_args(IdleMouth)
