// Makes calls of the TypeScript SDK and prints a line of JSON for each. The arguments: the URL of the service, and
// the calls, each with a name, a method and what to call it with. Without any, the method is called as it is.
import { Mistral } from "@mistralai/mistralai";

const [serverURL, calls] = process.argv.slice(2).map((argument) => JSON.parse(argument));
const { conversations } = new Mistral({ apiKey: "none", serverURL, retryConfig: { strategy: "none" } }).beta;

for (const { name, method, request } of calls) {
  let outcome;
  try {
    outcome = { value: JSON.stringify(await conversations[method](request)) };
  } catch (error) {
    outcome = { error: error.name, status: error.statusCode, body: error.body, detail: error.detail ?? null };
  }
  console.log(JSON.stringify({ name, ...outcome }));
}
