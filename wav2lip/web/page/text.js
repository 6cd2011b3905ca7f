// A text in place of the sound, where the server speaks texts.

/** Show the field for a text of so many characters. */
export function startText(characters) {
  const field = document.getElementById("job-text");
  const sound = document.getElementById("job-sound");
  document.getElementById("text-box").hidden = false;
  field.maxLength = characters;
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
