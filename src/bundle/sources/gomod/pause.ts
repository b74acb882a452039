import { join } from 'node:path'
import type { Arch } from '../../arch.ts'
import { type Cache, cached } from '../../make/cache.ts'
import { runTool } from '../../make/command.ts'

const SOURCE = `/* The sandbox's first process: waits for ever, reaps, ends on SIGINT or SIGTERM. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int s) { (void)s; _exit(0); }
static void reap(int s) { (void)s; while (waitpid(-1, 0, WNOHANG) > 0); }
int main(void) { signal(SIGINT, end); signal(SIGTERM, end); signal(SIGCHLD, reap); for (;;) pause(); }
`

/** Builds the pause executable and gives its path. */
export async function buildPause(cache: Cache, version: string, arch: Arch): Promise<string> {
  const directory = await cached(cache, `pause-${version}-${arch}`, SOURCE, async (to) => {
    await runTool(['gcc', '-static', '-O2', '-s', '-o', join(to, 'pause'), '-x', 'c', '-'], { stdin: SOURCE })
  })
  return join(directory, 'pause')
}
