// The tab of personal models: a video of one person becomes a generator, with a verdict.

import { describe, follow, request, submit } from "./api.js";
import { connect } from "./capture.js";

const $ = (id) => document.getElementById(id);
const KEPT = "wav2lip-models"; // jobs of personal models that are better than the server's generator
const RUNNING = "wav2lip-personal";
let current = null;

function say(text, wrong = false) {
  $("personal-status").textContent = text;
  $("personal-status").classList.toggle("error", wrong);
}

const known = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");

function keep(models) {
  sessionStorage.setItem(KEPT, JSON.stringify(models));
  const list = $("model");
  [...list.options].slice(1).forEach((option) => option.remove());
  models.forEach((id, at) => list.add(new Option(`personal model ${at + 1} (${id.slice(0, 8)})`, id)));
  $("model-box").hidden = !models.length;
}

async function showVerdict(id) {
  const path = `/v1/jobs/${id}`;
  const verdict = await (await request(`${path}/report`)).json();
  $("verdict").hidden = false;
  $("verdict-line").textContent = verdict.line;
  $("verdict-page").src = `${path}/verdict`;
  $("model-download").hidden = !verdict.go;
  $("model-download").href = `${path}/result`;
  if (verdict.go && !known().includes(id)) keep([...known(), id]);
  say("Done");
}

async function watch(id) {
  current = id;
  sessionStorage.setItem(RUNNING, id);
  $("personal-progress").hidden = false;
  $("tune").disabled = true;
  const bar = $("personal-progress").querySelector("progress");
  try {
    const job = await follow(id, (state) => {
      say(describe(state));
      if (state.state === "running" && state.progress !== null) bar.value = state.progress;
      else bar.removeAttribute("value");
    });
    if (job.state === "done") await showVerdict(id);
    else {
      sessionStorage.removeItem(RUNNING);
      say(describe(job), job.state === "failed");
    }
  } finally {
    $("personal-progress").hidden = true;
    $("tune").disabled = false;
  }
}

function attempt(work) {
  return async (event) => {
    event?.preventDefault();
    try {
      await work();
    } catch (error) {
      say(error.message, true);
    }
  };
}

/** Connect the tab; models of this session that the server still has can be chosen for videos. */
export function startPersonal() {
  document.querySelectorAll("#personal-form .step").forEach((step) => connect(step, (line) => say(line, true)));
  $("personal-form").addEventListener("submit", attempt(async () => {
    $("verdict").hidden = true;
    $("tune").disabled = true;
    say("Sending…");
    try {
      await watch((await submit("/v1/personal", { face: $("personal-video").files[0] })).id);
    } finally {
      $("tune").disabled = false;
    }
  }));
  $("personal-cancel").addEventListener("click", attempt(() => request(`/v1/jobs/${current}`, { method: "DELETE" })));
  const there = known().map((id) => request(`/v1/jobs/${id}`).then(() => id, () => null));
  Promise.all(there).then((ids) => keep(ids.filter(Boolean)));
  const running = sessionStorage.getItem(RUNNING);
  if (running) request(`/v1/jobs/${running}`).then(() => watch(running)).catch(() => sessionStorage.removeItem(RUNNING));
}
