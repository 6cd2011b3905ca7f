// The live tab: the microphone goes to the server, a talking face comes back, both over one WebSocket.

import { describe, follow, submit } from "./api.js";
import { connect } from "./capture.js";

const $ = (id) => document.getElementById(id);
const Source = window.ManagedMediaSource ?? window.MediaSource; // the former is all that iPhones have
const BEHIND = 0.6; // seconds that the picture may be behind before the player skips
const KEEP = 20; // seconds of the past that the player keeps

let avatar = null;
let session = null;

function say(text, wrong = false) {
  $("live-status").textContent = text;
  $("live-status").classList.toggle("error", wrong);
}

/** Append segments of MP4 to a video element, and stay close to their end. */
class Player {
  constructor(video, mime) {
    this.video = video;
    this.waiting = [];
    this.source = new Source();
    video.disableRemotePlayback = true; // iPhones play no ManagedMediaSource otherwise
    video.src = URL.createObjectURL(this.source);
    this.source.addEventListener("sourceopen", () => {
      this.buffer = this.source.addSourceBuffer(mime);
      this.buffer.addEventListener("updateend", () => this.next());
      this.next();
    }, { once: true });
  }

  append(segment) {
    this.waiting.push(segment);
    this.next();
  }

  next() {
    const { buffer, video } = this;
    if (!buffer || buffer.updating || this.source.readyState !== "open") return;
    const ranges = video.buffered;
    if (ranges.length) {
      const end = ranges.end(ranges.length - 1);
      if (end - video.currentTime > BEHIND || video.currentTime < ranges.start(0)) video.currentTime = end - 0.1;
      if (video.currentTime - ranges.start(0) > 2 * KEEP) {
        buffer.remove(0, video.currentTime - KEEP);
        return;
      }
      if (video.paused) video.play().catch(() => {});
    }
    if (this.waiting.length) buffer.appendBuffer(this.waiting.shift());
  }
}

async function openMicrophone(send) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, channelCount: 1 },
  });
  const context = new AudioContext();
  const close = () => {
    stream.getTracks().forEach((track) => track.stop());
    context.close();
  };
  try {
    await context.audioWorklet.addModule("/page/microphone.js");
  } catch (error) {
    close();
    throw error;
  }
  const node = new AudioWorkletNode(context, "microphone");
  node.port.addEventListener("message", (event) => send(event.data));
  node.port.start();
  context.createMediaStreamSource(stream).connect(node);
  return { rate: context.sampleRate, close };
}

async function talk() {
  if (!Source) throw new Error("this browser plays no live video; use another one");
  let socket = null;
  let player = null;
  let wrong = "";
  const send = (data) => socket?.readyState === WebSocket.OPEN && socket.send(data);
  // First the permission, which may take its time or be denied: an open socket is one of the server's few sessions.
  const microphone = await openMicrophone(send);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/v1/live/${avatar}`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => send(JSON.stringify({ type: "hello", rate: Math.round(microphone.rate) })));
  socket.addEventListener("message", (event) => {
    if (typeof event.data !== "string") return player?.append(event.data);
    const message = JSON.parse(event.data);
    if (message.type === "stream") {
      player = new Player($("live-player"), message.mime);
      say("Live. Speak.");
    } else if (message.type === "error") {
      wrong = message.message;
      say(wrong, true);
    }
  });
  socket.addEventListener("close", () => {
    microphone.close();
    session = null;
    $("talk").textContent = "3. Talk";
    if (!wrong) say("Ended");
  });
  session = { end: () => socket.close() };
  $("talk").textContent = "Stop";
}

async function prepare(event) {
  event.preventDefault();
  $("prepare").disabled = true;
  session?.end();
  try {
    say("Sending…");
    const job = await submit("/v1/avatars", { face: $("live-face").files[0] });
    const ended = await follow(job.id, (state) => say(describe(state)));
    if (ended.state !== "done") throw new Error(describe(ended));
    avatar = ended.id;
    $("stage").hidden = false;
    $("talk").focus();
    say("Ready");
  } catch (error) {
    say(error.message, true);
  }
  $("prepare").disabled = false;
}

/** Connect the live tab. */
export function startLive() {
  document.querySelectorAll("#avatar .step").forEach((step) => connect(step, (line) => say(line, true)));
  $("avatar").addEventListener("submit", prepare);
  $("hear").addEventListener("change", () => { $("live-player").muted = !$("hear").checked; });
  $("talk").addEventListener("click", async () => {
    if (session) return session.end();
    $("talk").disabled = true;
    try {
      say("Connecting…");
      await talk();
    } catch (error) {
      say(error.message, true);
    }
    $("talk").disabled = false;
  });
}
