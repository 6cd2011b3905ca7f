"""What OpenAPI says about the routes: their answers, and the forms that they read as streams."""

from collections.abc import Mapping
from typing import Any

from wav2lip.web.job_options import ALLOWED
from wav2lip.web.job_view import ErrorView

Answers = dict[int | str, dict[str, Any]]


def _errors(texts: Mapping[int, str]) -> Answers:
    """Describe errors by status."""
    return {status: {"model": ErrorView, "description": text} for status, text in texts.items()}


ANSWERS = _errors(
    {
        401: "A token is required.",
        404: "There is no such job or file.",
        409: "The job has not ended.",
        421: "The server has another name.",
        422: "A value cannot be used.",
    }
)
SENDING = _errors(
    {
        400: "The form is malformed.",
        401: "A token is required.",
        403: "The request comes from the page of another site.",
        404: "There is no such model.",
        408: "Nothing came for a while.",
        413: "The request is too large.",
        415: "The request is no form.",
        421: "The server has another name.",
        422: "A file or value cannot be used.",
        429: "The queue is full, or your share of it.",
    }
)


def in_json(answers: Answers) -> Answers:
    """Return answers for a route that returns a page: FastAPI would describe its errors as pages, too."""
    schema = ErrorView.model_json_schema()
    return {
        status: {
            "description": answer["description"],
            "content": {"application/json": {"schema": schema}},
        }
        for status, answer in answers.items()
    }


REMOVING = {**ANSWERS, 403: SENDING[403]}
FILE = {"type": "string", "format": "binary"}
SETTINGS = {
    "type": "string",
    "description": f"JSON object. Names: {', '.join(ALLOWED)}. They mean what they mean in wav2lip.Settings.",
    "examples": ['{"fps": 30, "motion": 1.2}'],
}


def describe_form(parts: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the description of a form."""
    schema = {
        "type": "object",
        "properties": parts,
        "required": required,
        "additionalProperties": False,
    }
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


JOB_FORM = describe_form(
    {
        "face": {**FILE, "description": "Photo or video."},
        "audio": {**FILE, "description": "File with sound."},
        "text": {
            "type": "string",
            "description": "In place of audio, on a server whose features have text: what is spoken.",
        },
        "settings": SETTINGS,
        "model": {"type": "string", "description": "Job of a personal model that renders."},
        "check_sync": {"type": "string", "enum": ["true", "false"], "default": "true"},
    },
    ["face"],
)
AVATAR_FORM = describe_form(
    {"face": {**FILE, "description": "Photo or video."}, "settings": SETTINGS}, ["face"]
)


def describe_file(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a route that sends a file of one of some types."""
    whole = {
        kind: {"schema": {"type": "object"} if kind == "application/json" else FILE}
        for kind in media_types
    }
    return {
        **ANSWERS,
        200: {"description": "The file.", "content": whole},
        206: {
            "description": "A part of the file.",
            "content": {kind: {"schema": FILE} for kind in media_types},
        },
        416: {"description": "There is no such part."},
    }
