import { join } from 'node:path'
import type { Arch } from '../../arch.ts'
import type { Part } from '../../make/cache.ts'
import { runTool } from '../../make/command.ts'

const SOURCE = `/* The sandbox's first process: waits for ever, reaps, ends on SIGINT or SIGTERM. kubeadm upgrade runs it with -v. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int s) { (void)s; _exit(0); }
static void reap(int s) { (void)s; while (waitpid(-1, 0, WNOHANG) > 0); }
int main(int count, char **words) {
  for (int i = 1; i < count; i++) if (!strcmp(words[i], "-v")) return printf("pause.c %s\\n", VERSION) < 0;
  signal(SIGINT, end); signal(SIGTERM, end); signal(SIGCHLD, reap); for (;;) pause();
}
`

/** The executable `pause`. */
export function pausePart(version: string, arch: Arch): Part {
  return {
    name: `pause-${version}-${arch}`,
    recipe: SOURCE,
    seconds: 1,
    async make(to) {
      await runTool(
        ['gcc', '-static', '-O2', '-s', `-DVERSION="${version}"`, '-o', join(to, 'pause'), '-x', 'c', '-'],
        { stdin: SOURCE },
      )
    },
  }
}
