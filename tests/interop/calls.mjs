// Makes calls of the TypeScript SDK and prints a line of JSON for each. The arguments: the URL of the service, and
// the calls, each with a name, a method and what to call it with. Without any, the method is called as it is. The value
// of a stream is the list of its events.
import { Mistral } from "@mistralai/mistralai";

const [serverURL, calls] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const { conversations } = new Mistral({ apiKey: "none", serverURL, retryConfig: { strategy: "none" } }).beta;

for (const { name, method, request } of calls) {
  let outcome;
  try {
    const result = await conversations[method](request);
    const events = [];
    if (result?.[Symbol.asyncIterator]) for await (const event of result) events.push(event);
    outcome = { value: JSON.stringify(events.length ? events : result) };
  } catch (error) {
    outcome = { error: error.name, status: error.statusCode, body: error.body, detail: error.detail ?? null };
  }
  console.log(JSON.stringify({ name, ...outcome }));
}
