// Tabs, and the job that renders a video.

import { describe, follow, request, submit } from "./api.js";
import { connect } from "./capture.js";
import { startFeatures } from "./features.js";
import { startLive } from "./live.js";

const $ = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];
const KEPT = "wav2lip-job";
let current = null;

function select(tab) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", chosen);
    each.tabIndex = chosen ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = !chosen;
  }
}

tabs.forEach((tab) => {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const shown = tabs.filter((each) => !each.hidden);
    const next = shown[(shown.indexOf(tab) + step + shown.length) % shown.length];
    next.click();
    next.focus();
  });
});

function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("error", wrong);
}

function showProgress(job) {
  say(describe(job));
  const bar = $("progress").querySelector("progress");
  if (job.state === "running" && job.progress !== null) bar.value = job.progress;
  else bar.removeAttribute("value");
}

function showSync(sync) {
  $("sync").hidden = false;
  const bars = $("sync-bars");
  bars.replaceChildren();
  if (sync.error) {
    $("sync-line").textContent = sync.error;
    return;
  }
  $("sync-line").textContent = sync.summary;
  const top = Math.max(...sync.seconds.map((second) => second.confidence), 1e-6);
  for (const second of sync.seconds) {
    const bar = document.createElement("i");
    const inside = ([start, end]) => second.time >= start && second.time < end;
    bar.classList.toggle("weak", sync.weak.some(inside));
    bar.style.height = `${Math.max(2, (100 * second.confidence) / top)}%`;
    bar.title = `${second.time.toFixed(0)} s: ${second.confidence.toFixed(2)}`;
    bars.append(bar);
  }
}

async function showResult(job) {
  const path = `/v1/jobs/${job.id}`;
  $("player").src = $("download").href = `${path}/result`;
  $("download").download = `wav2lip-synthetic-${job.id.slice(0, 8)}.mp4`;
  $("strip").src = `${path}/strip`;
  $("report").href = `${path}/report`;
  $("result").hidden = false;
  $("sync").hidden = true;
  say("Done");
  try {
    showSync(await (await request(`${path}/sync`)).json());
  } catch { /* it was not asked for */ }
}

async function watch(id) {
  current = id;
  sessionStorage.setItem(KEPT, id);
  $("progress").hidden = false;
  $("make").disabled = true;
  try {
    const job = await follow(id, showProgress);
    if (job.state === "done") await showResult(job);
    else say(describe(job), job.state === "failed");
    if (job.state !== "done") sessionStorage.removeItem(KEPT);
  } finally {
    $("progress").hidden = true;
    $("make").disabled = false;
  }
}

function attempt(work) {
  return async (event) => {
    event?.preventDefault();
    try {
      await work(event);
    } catch (error) {
      say(error.message, true);
    }
  };
}

$("job").addEventListener("submit", attempt(async () => {
  $("result").hidden = true;
  $("player").removeAttribute("src");
  $("make").disabled = true;
  say("Sending…");
  try {
    const settings = { motion: Number($("motion").value), faces: $("faces").value };
    const text = $("job-text").value.trim();
    const job = await submit("/v1/jobs", {
      face: $("job-face").files[0],
      ...(text ? { text } : { audio: $("job-sound").files[0] }),
      settings: JSON.stringify(settings),
      check_sync: $("check-sync").checked,
      ...($("model").value ? { model: $("model").value } : {}),
    });
    await watch(job.id);
  } finally {
    $("make").disabled = false;
  }
}));
$("cancel").addEventListener("click", attempt(() => request(`/v1/jobs/${current}`, { method: "DELETE" })));
$("remove").addEventListener("click", attempt(async () => {
  await request(`/v1/jobs/${current}`, { method: "DELETE" });
  sessionStorage.removeItem(KEPT);
  $("player").removeAttribute("src");
  $("player").load();
  $("result").hidden = true;
  say("Removed");
}));
$("motion").addEventListener("input", () => {
  document.querySelector("output[for=motion]").value = Number($("motion").value).toFixed(1);
});
document.querySelectorAll("#job .step").forEach((step) => connect(step, (line) => say(line, true)));
startLive();
startFeatures(say).catch((error) => say(error.message, true));

const kept = sessionStorage.getItem(KEPT);
if (kept) {
  request(`/v1/jobs/${kept}`).then(() => watch(kept)).catch(() => sessionStorage.removeItem(KEPT));
}
