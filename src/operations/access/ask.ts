import { AgentError } from '../../base/agent-error.ts'
import { ask as askKubernetes } from '../ask.ts'

export { isThere, NO_API } from '../ask.ts'

/** As of every operation, with the error of kubeconfigs. */
export const ask: typeof askKubernetes = async (...request) => {
  try {
    return await askKubernetes(...request)
  } catch (error) {
    if (!(error instanceof AgentError)) throw error
    const { message, fix } = error
    throw new AgentError('kubeconfig/refused', message, { fix })
  }
}
