// Runs many simulations: `npm run simulate -- --seeds 10000 [--seed 1] [--steps 300] [--workers 2]`.
// Prints the seed and the shortest steps of each failure, and exits with 1 if there was one.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "300" },
    workers: { type: "string", default: String(Math.min(8, availableParallelism())) },
  },
});
const [seeds, first, steps, workers] = [
  read("seeds"),
  read("seed"),
  read("steps"),
  read("workers"),
];

// Stops after this many failures: the next one is unlikely to be new.
const MAX_FAILURES = 5;

if (process.send === undefined) runWorkers();
else await simulateSeeds();

function read(name) {
  const value = Number(values[name]);
  if (!(Number.isSafeInteger(value) && value > 0)) {
    console.error(`--${name} must be a number from 1 up, not "${values[name]}".`);
    process.exit(2);
  }
  return value;
}

/** Gives each worker a seed at a time, and shows the progress. */
function runWorkers() {
  let next = first;
  let done = 0;
  let failures = 0;
  const total = { delivered: 0, replayed: 0, missed: 0 };
  const began = performance.now();
  const end = first + seeds;
  const show = () => {
    if (process.stdout.isTTY)
      process.stdout.write(`\r${done} of ${seeds} seeds, ${failures} failed `);
  };
  const workerCount = Math.min(workers, seeds);
  for (let number = 0; number < workerCount; number++) {
    const worker = fork(fileURLToPath(import.meta.url), process.argv.slice(2));
    const sendSeed = () => {
      if (next < end && failures < MAX_FAILURES) worker.send(next++);
      else worker.disconnect();
    };
    worker.on("message", (report) => {
      if (report.isReady) {
        sendSeed();
        return;
      }
      done++;
      for (const name of Object.keys(total)) total[name] += report[name];
      if (report.failure !== undefined) {
        failures++;
        console.log(`\n${report.failure.text}\n`);
      }
      if (done % 10 === 0) show();
      sendSeed();
    });
    worker.on("exit", (code) => {
      if (code !== 0) failures++;
    });
  }
  process.on("exit", () => {
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const { delivered, replayed, missed } = total;
    console.log(
      `\r${done} seeds of ${steps} steps in ${seconds} s: ${delivered} messages delivered, ` +
        `${replayed} replayed, ${missed} reported as missed; ${failures} failed.`,
    );
    if (failures > 0) process.exitCode = 1;
  });
}

/** Simulates the seeds that it is given. */
async function simulateSeeds() {
  const { Hub, MemoryHistory } = await import("roomcast");
  const { connect } = await import("roomcast/browser");
  const { simulate } = await import("roomcast/simulation");
  process.on("message", async (seed) => {
    const report = await simulate({
      seed,
      steps,
      connect,
      createHub: (options) => new Hub(options),
      createHistory: (options) => new MemoryHistory(options),
    });
    process.send(report);
  });
  process.send({ isReady: true });
}
