// Asks the server: JSON, and streams of server-sent events that a signal can cancel.

const JSON_TYPE = { "Content-Type": "application/json" };
const GONE = "the studio does not answer; is tools.studio still running?";

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(GONE);
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw new Error(told.error || `the studio answers with status ${response.status}`);
  }
  return response;
}

export async function get(path) {
  return (await ask(path)).json();
}

export async function post(path, body, signal) {
  return (await ask(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body), signal })).json();
}

export async function download(path, body) {
  return (await ask(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) })).blob();
}

// Yields [event, content] until the work is done; throws what the server tells of a failure.
export async function* stream(path, body, signal) {
  const response = await ask(path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body), signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    const part = await reader.read().catch((error) => {
      throw error.name === "AbortError" ? error : new Error(GONE);
    });
    if (part.done) throw new Error("the studio stopped in the middle of its work; start it again");
    const blocks = (waiting + part.value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n");
      const event = lines.find((line) => line.startsWith("event: "));
      const data = lines.find((line) => line.startsWith("data: "));
      if (!event || !data) continue; // a comment, which shows that the server is alive
      const name = event.slice(7), content = JSON.parse(data.slice(6));
      if (name === "failed") throw new Error(content.error);
      if (name === "done") return;
      yield [name, content];
    }
  }
}

// The bytes of a chosen file in base64. A file that the server would refuse is refused before it is sent.
export function base64(file, most) {
  if (file.size > most) {
    const limit = Math.floor(most / 2 ** 20);
    return Promise.reject(new Error(`${file.name}: ${Math.ceil(file.size / 2 ** 20)} MB, at most ${limit} MB; make the photo smaller`));
  }
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error(`${file.name}: the browser cannot read it`));
    reader.readAsDataURL(file);
  });
}
