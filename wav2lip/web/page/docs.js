// Shows the OpenAPI description of the server.

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function table(heads, rows) {
  const made = document.createElement("table");
  const head = made.createTHead().insertRow();
  heads.forEach((text) => head.append(element("th", text)));
  const body = made.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((text, at) => row.insertCell().append(element(at ? "span" : "code", text)));
  }
  const box = element("div", "", "scroll");
  box.append(made);
  return box;
}

function resolve(schema, document) {
  const name = schema?.$ref?.split("/").pop();
  return name ? document.components.schemas[name] : schema;
}

function typeOf(field) {
  if (field.anyOf) return field.anyOf.map(typeOf).join(" or ");
  return field.enum?.join(", ") ?? (field.format === "binary" ? "file" : field.type) ?? "";
}

function show(path, method, operation, document) {
  const made = element("section");
  const title = element("h2");
  title.append(element("span", method.toUpperCase(), "method"), element("code", path));
  made.append(title, element("p", operation.description ?? operation.summary ?? ""));
  for (const [kind, content] of Object.entries(operation.requestBody?.content ?? {})) {
    const schema = resolve(content.schema, document);
    const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
      name,
      typeOf(field),
      schema.required?.includes(name) ? "required" : "",
      field.description ?? "",
    ]);
    made.append(element("h3", `Body: ${kind}`), table(["part", "type", "", "meaning"], rows));
  }
  const answers = Object.entries(operation.responses).map(([status, answer]) => [
    status,
    Object.keys(answer.content ?? {}).join(", "),
    answer.description,
  ]);
  made.append(element("h3", "Answers"), table(["status", "type", "meaning"], answers));
  return made;
}

const description = await (await fetch("/openapi.json")).json();
document.getElementById("about").textContent = `${description.info.description} Version ${description.info.version}.`;
for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    document.getElementById("requests").append(show(path, method, operation, description));
  }
}
