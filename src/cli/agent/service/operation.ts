import { text } from 'node:stream/consumers'
import { linuxMachine } from '../../../host/linux/linux-machine.ts'
import { carryOutOperation } from '../../../operations/carry-out.ts'
import { Operation, type OperationAnswer } from '../../../protocol/wire/operation.ts'
import { pathsIn } from './started-by-service.ts'

/** `agent operation`: the service starts it with a verified operation on stdin. Writes the answer to stdout. */
export async function runOperation(argv: readonly string[]): Promise<number> {
  const operation = Operation.parse(JSON.parse(await text(process.stdin)))
  const answer =
    operation.operation === 'update-agent'
      ? await update(operation, argv)
      : await carryOutOperation(linuxMachine(pathsIn(argv).layout), operation)
  process.stdout.write(JSON.stringify(answer))
  return 0
}

const LEDGER_MS = 20_000

async function update(
  order: Extract<Operation, { operation: 'update-agent' }>,
  argv: readonly string[],
): Promise<OperationAnswer> {
  const { updateAgent } = await import('../../../agent/update/update.ts')
  const { requireConfig } = await import('../../../agent/config.ts')
  const { readIdentity } = await import('../../../agent/identity/identity.ts')
  const { openWorkspace } = await import('../../../agent/restore/open-workspace.ts')
  const { openLogFile } = await import('../../../agent/logs/log-file.ts')
  const { createLog } = await import('../../../agent/log.ts')
  const { Redactor } = await import('../../../base/text/secret.ts')
  const { eventText } = await import('../../../report/event-text.ts')
  const paths = pathsIn(argv)
  const stop = new AbortController()
  process.on('SIGTERM', () => stop.abort(new Error('the agent is stopping')))
  const log = createLog([openLogFile(paths.logFile).write], new Redactor(), () => new Date())
  const answer = await updateAgent({
    ...{ paths, order, signal: stop.signal, view: linuxMachine(paths.layout) },
    access() {
      const tls = readIdentity(paths)
      return tls && { config: requireConfig(paths), tls }
    },
    workspace: () => openWorkspace(paths, LEDGER_MS, stop.signal),
    emit(event) {
      const line = eventText(event)
      if (line) log(line.level, line.text)
    },
  })
  return { id: order.id, ...answer }
}
