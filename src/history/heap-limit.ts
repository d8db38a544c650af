interface Runtime {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

interface V8 {
  getHeapStatistics?(): { readonly heap_size_limit?: number };
}

/** How many bytes this process's heap may have, where the runtime says so: Node does, and what is like it. */
export function heapLimit(runtime: unknown = globalThis): number | undefined {
  try {
    const v8 = (runtime as Runtime).process?.getBuiltinModule?.("node:v8") as V8 | undefined;
    const limit = v8?.getHeapStatistics?.().heap_size_limit;
    return typeof limit === "number" && limit > 0 ? limit : undefined;
  } catch {
    // Some runtimes have the module, and throw for what they do not have of it: then nothing is known.
    return undefined;
  }
}
