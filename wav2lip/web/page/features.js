// Show what this server can do beyond videos and live sessions.

import { request } from "./api.js";
import { startEvaluations } from "./evaluations.js";
import { startPersonal } from "./personal.js";
import { startText } from "./text.js";

const unhide = (id) => { document.getElementById(id).hidden = false; };

/** Ask the server and connect the parts of the page that it serves. */
export async function startFeatures(report) {
  const features = await (await request("/v1/features")).json();
  if (features.text) startText(features.text_characters);
  if (features.personal) {
    unhide("tab-personal");
    startPersonal();
  }
  if (features.evaluations) {
    unhide("tab-evaluations");
    // Asked for when they are wanted: it may require a token.
    const tab = document.getElementById("tab-evaluations");
    tab.addEventListener("click", () => startEvaluations().catch((error) => report(error.message, true)), { once: true });
  }
}
