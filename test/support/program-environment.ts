/**
 * The environment of a program that runs from its sources. Node keeps what it compiled (vitest.config.ts says where), so that the
 * next process starts faster.
 */
export function programEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...more }
}
