// A text in place of the sound, where the server speaks texts.

import { request } from "./api.js";

/** Show the field for a text if the server speaks texts. */
export async function startText() {
  const features = await (await request("/v1/features")).json();
  const field = document.getElementById("job-text");
  const sound = document.getElementById("job-sound");
  document.getElementById("text-box").hidden = !features.text;
  field.maxLength = features.text_characters;
  field.addEventListener("input", () => {
    sound.required = !field.value.trim();
    if (sound.required || !sound.value) return;
    sound.value = "";
    sound.dispatchEvent(new Event("change", { bubbles: true })); // removes its preview
  });
  sound.addEventListener("change", () => {
    if (!sound.value) return;
    field.value = "";
    sound.required = true;
  });
}
