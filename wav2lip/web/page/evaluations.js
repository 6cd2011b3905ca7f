// The tab with the evaluations that the server shows.

import { request } from "./api.js";

/** Fill the list of evaluations; each is shown in a frame without scripts. */
export async function startEvaluations() {
  const list = document.getElementById("evaluation-list");
  const frame = document.getElementById("evaluation-page");
  const found = await (await request("/v1/evaluations")).json();
  for (const { number, name } of found) list.add(new Option(name, number));
  const show = () => {
    frame.src = `/v1/evaluations/${list.value}`;
    document.getElementById("evaluation-link").href = frame.src;
  };
  list.addEventListener("change", show);
  if (found.length) show();
}
