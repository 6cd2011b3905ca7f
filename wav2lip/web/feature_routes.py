"""What a server can do beyond the jobs that every server takes."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from wav2lip.web.personal_job import can_tune
from wav2lip.web.server_settings import ServerSettings


class FeaturesView(BaseModel):
    """What a server can do."""

    text: bool = Field(description="Whether a job may have text in place of audio.")
    text_characters: int = Field(description="Length of such a text at most.")
    personal: bool = Field(description="Whether personal models can be tuned.")
    evaluations: bool = Field(description="Whether there are evaluations.")


feature_router = APIRouter(prefix="/v1", tags=["access"])


@feature_router.get("/features")
def read_features(request: Request) -> FeaturesView:
    """Return what this server can do; needs no token."""
    settings: ServerSettings = request.app.state.service.settings
    return FeaturesView(
        text=bool(settings.tts_command),
        text_characters=settings.limits.text_characters,
        personal=can_tune(),
        evaluations=settings.evaluations is not None,
    )
