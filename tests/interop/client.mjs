// Calls the Conversations endpoints as users of the TypeScript SDK do, and prints a line of JSON for each call:
// the arguments are an object of URLs by name, then lists of names of responses and of streams to ask for.
import { Mistral } from "@mistralai/mistralai";

const [servers, responses, streams] = process.argv.slice(2).map((argument) => JSON.parse(argument));

async function report(server, call, name, result) {
  let outcome;
  try {
    outcome = { value: JSON.stringify(await result()) };
  } catch (error) {
    outcome = { error: error.name, status: error.statusCode };
  }
  console.log(JSON.stringify({ server, call, name, ...outcome }));
}

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

async function callAll(server, conversations) {
  const started = await conversations.start({ inputs: "plain" });
  const conversationId = started.conversationId;
  const request = (inputs) => ({ conversationId, conversationAppendRequest: { inputs } });
  const streamed = (inputs) => ({ conversationId, conversationAppendStreamRequest: { inputs } });
  const again = (inputs) => ({ conversationId, conversationRestartRequest: { inputs, fromEntryId: "in_1" } });
  const againStreamed = (inputs) => ({ conversationId, conversationRestartStreamRequest: { inputs, fromEntryId: "in_1" } });
  const entry = [{ role: "user", content: "plain" }];

  for (const name of responses) await report(server, "start", name, () => conversations.start({ inputs: name }));
  for (const name of streams) {
    await report(server, "startStream", name, async () => all(await conversations.startStream({ inputs: name })));
  }
  await report(server, "append", "plain", () => conversations.append(request("plain")));
  await report(server, "append", "entries", () => conversations.append(request(entry)));
  await report(server, "appendStream", "plain", async () => all(await conversations.appendStream(streamed("plain"))));
  await report(server, "restart", "plain", () => conversations.restart(again("plain")));
  await report(server, "restartStream", "plain", async () => all(await conversations.restartStream(againStreamed("plain"))));
  await report(server, "getHistory", "", () => conversations.getHistory({ conversationId }));
  await report(server, "getMessages", "", () => conversations.getMessages({ conversationId }));
  await report(server, "start", "plain;status=422", () => conversations.start({ inputs: "plain;status=422" }));
  await report(server, "start", "plain;status=500", () => conversations.start({ inputs: "plain;status=500" }));
}

await Promise.all(
  Object.entries(servers).map(([name, serverURL]) =>
    callAll(name, new Mistral({ apiKey: "none", serverURL, retryConfig: { strategy: "none" } }).beta.conversations),
  ),
);
