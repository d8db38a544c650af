/**
 * Questions and answers between the benchmark and the processes it starts, over Node's IPC channel.
 * One question at a time per process.
 */

/**
 * Answers the parent's questions with the handler of that name; ends with the parent.
 *
 * @param {Record<string, (argument: any) => unknown>} handlers
 */
export function answerParent(handlers) {
  process.on("message", async ({ question, argument }) => {
    try {
      process.send({ answer: await handlers[question](argument) });
    } catch (error) {
      process.send({ error: error.message });
    }
  });
  process.on("disconnect", () => process.exit());
}

/**
 * Asks a child process. Rejects if it fails or ends instead of answering.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {string} question
 * @param {unknown} [argument]
 */
export function askChild(child, question, argument) {
  return new Promise((resolve, reject) => {
    const finish = (settle, value) => {
      child.off("message", onMessage);
      child.off("exit", onExit);
      settle(value);
    };
    const onMessage = ({ answer, error }) => {
      if (error === undefined) finish(resolve, answer);
      else finish(reject, new Error(error));
    };
    const onExit = (code, signal) => {
      finish(reject, new Error(`The process ended (${signal ?? code}) at "${question}".`));
    };
    child.on("message", onMessage);
    child.on("exit", onExit);
    child.send({ question, argument });
  });
}
