// Runs the official TypeScript SDK for the benchmarks: one JSON request a line in, one JSON answer a line out.
//   {"do": "prepare", "operation": "decode", "data": ["<base64>", ...]}  ->  {"task": 0, "answer": ...}
//   {"do": "time", "task": 0, "loops": 100}                              ->  {"seconds": 0.01}
// What goes wrong is answered with {"error": "..."}. Ends when its input does.

import { createInterface } from "node:readline";
import { performance } from "node:perf_hooks";
import { HTTPClient, Mistral } from "@mistralai/mistralai";
import { conversationResponseFromJSON } from "@mistralai/mistralai/models/components";

const WARM_UP_MS = 400; // The compiler takes its time, and no server is restarted for each response.

function decode(data) {
  const result = conversationResponseFromJSON(data.toString("utf8"));
  if (!result.ok) throw result.error;
  return result.value;
}

// A client whose requests are answered from memory.
async function stream(chunks) {
  const answer = () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(chunk);
          controller.close();
        },
      }),
      { status: 200, headers: { "content-type": "text/event-stream" } },
    );
  const httpClient = new HTTPClient({ fetcher: async () => answer() });
  const client = new Mistral({ apiKey: "none", httpClient });
  return client.beta.conversations.startStream({ inputs: "Hi", model: "mistral-medium-latest" });
}

async function readEvents(chunks) {
  let count = 0;
  for await (const _ of await stream(chunks)) count += 1;
  return count;
}

async function meter(chunks) {
  for await (const event of await stream(chunks)) {
    if (event.event === "conversation.response.done") return event.data.usage.totalTokens;
  }
  return -1;
}

// What an operation is given, and what it does with it.
const OPERATIONS = {
  decode: { argument: ([data]) => data, run: decode, check: (data) => JSON.stringify(decode(data)) },
  encode: { argument: ([data]) => decode(data), run: (value) => Buffer.from(JSON.stringify(value)) },
  transcode: { argument: ([data]) => data, run: (data) => Buffer.from(JSON.stringify(decode(data))) },
  "read events": { argument: (chunks) => chunks, run: readEvents },
  meter: { argument: (chunks) => chunks, run: meter },
};

const tasks = [];

// Processor time, all threads, as the other peers are timed.
async function time({ run, argument }, loops) {
  const start = process.cpuUsage();
  for (let loop = 0; loop < loops; loop++) {
    const result = run(argument);
    if (result instanceof Promise) await result;
  }
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

async function prepare({ operation, data, warm }) {
  const { argument: prepared, run, check = run } = OPERATIONS[operation];
  const task = { run, argument: prepared(data.map((text) => Buffer.from(text, "base64"))) };
  const answer = await check(task.argument);
  const end = performance.now() + (warm ? WARM_UP_MS : 0);
  while (performance.now() < end) await time(task, 1);
  tasks.push(warm ? task : null);
  return { task: tasks.length - 1, answer: Buffer.isBuffer(answer) ? answer.toString("utf8") : (answer ?? null) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = request.do === "prepare" ? await prepare(request) : { seconds: await time(tasks[request.task], request.loops) };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}`.split("\n")[0].slice(0, 200) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
