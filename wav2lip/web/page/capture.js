// Choose a file, drop one, take a photo with the camera, or record the microphone.

const SECONDS = 60; // of a recording at most

function preview(step, file) {
  const place = step.querySelector(".preview");
  place.replaceChildren();
  if (!file) return;
  const kind = file.type.split("/")[0];
  const tag = kind === "image" ? "img" : step.dataset.capture === "sound" ? "audio" : "video";
  const element = document.createElement(tag);
  element.src = URL.createObjectURL(file);
  if (tag === "img") element.alt = "The chosen face";
  else element.controls = true;
  if (tag === "video") element.muted = true;
  place.append(element);
}

function put(input, blob, name) {
  const files = new DataTransfer();
  files.items.add(new File([blob], name, { type: blob.type }));
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Resolve when another file is chosen. */
function otherFile(input) {
  return new Promise((done) => input.addEventListener("change", () => done("file"), { once: true }));
}

async function photo(step, input, button) {
  const place = step.querySelector(".preview");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
  const video = document.createElement("video");
  const canvas = document.createElement("canvas");
  try {
    video.muted = video.playsInline = true;
    video.srcObject = stream;
    place.replaceChildren(video);
    const chosen = otherFile(input);
    await video.play();
    button.textContent = "Take the photo";
    const click = new Promise((done) => button.addEventListener("click", () => done("click"), { once: true }));
    if (await Promise.race([click, chosen]) === "file") return;
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
  } finally {
    stream.getTracks().forEach((track) => track.stop());
  }
  put(input, await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95)), "photo.jpg");
}

async function record(step, input, button) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream);
  const pieces = [];
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  const stopped = new Promise((done) => recorder.addEventListener("stop", done, { once: true }));
  recorder.start();
  button.textContent = "Stop recording";
  const stop = () => recorder.state === "recording" && recorder.stop();
  button.addEventListener("click", stop, { once: true });
  const timer = setTimeout(stop, SECONDS * 1000);
  const ended = await Promise.race([stopped, otherFile(input)]);
  clearTimeout(timer);
  stream.getTracks().forEach((track) => track.stop());
  if (ended === "file") return;
  put(input, new Blob(pieces, { type: recorder.mimeType }), "recording");
}

/** Connect the inputs and buttons of a step; `report` gets one line if something fails. */
export function connect(step, report) {
  const input = step.querySelector("input[type=file]");
  const drop = step.querySelector(".drop");
  const button = step.querySelector(".camera, .microphone");
  const label = button?.textContent;
  const capture = button?.matches(".camera") ? photo : record;
  let busy = false;
  input.addEventListener("change", () => preview(step, input.files[0]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) {
        const file = event.dataTransfer.files[0];
        put(input, file, file.name);
      }
    });
  }
  if (!button) return;
  if (!navigator.mediaDevices) button.hidden = true; // no HTTPS: browsers give neither
  button.addEventListener("click", async () => {
    if (busy) return;
    busy = true;
    try {
      await capture(step, input, button);
    } catch (error) {
      report(`${label}: ${error.message}`);
    }
    busy = false;
    button.textContent = label;
  });
}
