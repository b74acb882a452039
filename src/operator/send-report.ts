import { AgentError } from '../base/agent-error.ts'
import { ask } from '../controller-client/ask.ts'
import { openHttps } from '../controller-client/https.ts'
import { type OperatorReport, operatorRoutes } from '../protocol/api/operators.ts'
import { withoutDetails } from './cluster-state.ts'
import type { Identity } from './identity.ts'

const TIMEOUT_MS = 15_000

/** Sends the report to the first controller that accepts it; throws the last error if none does. */
export async function sendReport(identity: Identity, report: OperatorReport, signal: AbortSignal): Promise<void> {
  const { ca, cert, key } = identity
  const { send, close } = openHttps({ ca, cert, key, fix: 'start the controller (controller serve)' })
  const options = { timeoutMs: TIMEOUT_MS, signal }
  const sendTo = (url: string, body: OperatorReport) => ask(send, url, operatorRoutes.report, { body }, options)
  let refusal: unknown = new Error('controller.json contains no controller')
  try {
    for (const url of identity.urls) {
      try {
        await sendTo(url, report).catch((error: unknown) => {
          // A controller of an earlier version refuses a report with unknown fields.
          const isUnknown = error instanceof AgentError && error.facts.status === 400
          if (!isUnknown) throw error
          return sendTo(url, withoutDetails(report))
        })
        return
      } catch (error) {
        refusal = error
      }
    }
  } finally {
    close()
  }
  throw refusal
}
