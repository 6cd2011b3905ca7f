"""The routes of evaluations. A request names one by its number in the list that was made at the start."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from wav2lip.web.evaluations import MOST, Evaluation
from wav2lip.web.request_error import RequestError
from wav2lip.web.route_descriptions import ANSWERS, in_json
from wav2lip.web.sandbox import sandboxed

REFUSED: dict[int | str, dict[str, Any]] = {status: ANSWERS[status] for status in (401, 421, 422)}


class EvaluationView(BaseModel):
    """One evaluation."""

    number: int = Field(description="Names it in requests.")
    name: str = Field(description="Name of its folder.")


evaluation_router = APIRouter(prefix="/v1", tags=["evaluations"])


def _evaluations(request: Request) -> list[Evaluation]:
    found: list[Evaluation] = request.app.state.evaluations
    return found


@evaluation_router.get("/evaluations", responses=REFUSED)
def list_evaluations(request: Request) -> list[EvaluationView]:
    """Return the evaluations that this server shows; all clients see the same."""
    return [
        EvaluationView(number=number, name=evaluation.name)
        for number, evaluation in enumerate(_evaluations(request))
    ]


@evaluation_router.get(
    "/evaluations/{number}",
    response_class=HTMLResponse,
    responses=in_json({**REFUSED, 404: ANSWERS[404]}),
)
def read_evaluation(
    number: Annotated[int, Path(ge=0, lt=MOST, description="Of the evaluation.")], request: Request
) -> Response:
    """Return the page of an evaluation, without scripts."""
    found = _evaluations(request)
    if number >= len(found) or not found[number].page.is_file():
        raise RequestError(404, "there is no such evaluation")
    return sandboxed(found[number].page)
