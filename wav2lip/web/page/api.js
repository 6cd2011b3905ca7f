// Requests to the server, and the dialog that asks for a token.

const dialog = document.getElementById("login");

async function signIn() {
  const problem = document.getElementById("login-error");
  const field = document.getElementById("token");
  problem.textContent = "";
  for (;;) {
    dialog.returnValue = "";
    dialog.showModal();
    await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
    if (!field.value) throw new Error("a token is required; send the files again to sign in");
    const answer = await fetch("/v1/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: field.value }),
    });
    field.value = "";
    if (answer.ok) return;
    problem.textContent = (await answer.json()).error;
  }
}

/** Fetch a path; JSON in, a Response out. Errors have the server's one line. */
export async function request(path, options = {}) {
  let answer = await fetch(path, options);
  if (answer.status === 401) {
    await signIn();
    answer = await fetch(path, options);
  }
  if (answer.ok) return answer;
  let line = `the server answered ${answer.status}`;
  try {
    line = (await answer.json()).error;
  } catch { /* no JSON: a proxy has answered */ }
  throw new Error(line);
}

/** Send a form with the given parts and return the new job. */
export async function submit(path, parts) {
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) form.append(name, value);
  return (await request(path, { method: "POST", body: form })).json();
}

/** Call `show` with the job whenever it changes; resolves with the job once it has ended. */
export function follow(id, show) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`/v1/jobs/${id}/events`);
    events.addEventListener("job", (event) => {
      const job = JSON.parse(event.data);
      show(job);
      if (["done", "failed", "cancelled"].includes(job.state)) {
        events.close();
        resolve(job);
      }
    });
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) reject(new Error("the connection to the server is lost"));
    });
  });
}

/** Describe an unfinished job in a few words. */
export function describe(job) {
  if (job.state === "queued") return job.ahead ? `Waiting: ${job.ahead} before it` : "Waiting";
  if (job.state === "running") return `${job.stage || "starting"}…`.replace(/^./, (c) => c.toUpperCase());
  return job.error || job.state;
}
