import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { queryOptions } from '@tanstack/react-query'
import type { UpgradePlan } from '../../../../protocol/api/clusters/upgrades.ts'
import { answerOf, api } from '../../../data/client.ts'
import { ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'

export const upgradePlanQuery = (name: string, to: string) =>
  queryOptions({
    queryKey: ['upgrade-plan', name, to],
    staleTime: 0,
    queryFn: () => answerOf(api.GET('/v1/clusters/{name}/upgrade/plan', { params: { path: { name }, query: { to } } })),
  })

export function whyNotUpgrade(plan: UpgradePlan | undefined): string | undefined {
  if (plan === undefined) return 'There is no plan yet.'
  const [problem] = [...plan.problems, ...(plan.findings ?? []).filter(({ level }) => level === 'blocks')]
  return problem && `${problem.message}. ${problem.fix}`
}

/** In which order the nodes are upgraded, what prevents it, and what a master found in the cluster. */
export function UpgradePlanView({ plan: { from, rounds, nodes, problems, findings } }: { plan: UpgradePlan }) {
  return (
    <div className="wide">
      {problems.map((problem) => (
        <ProblemAlert key={problem.code + problem.message} problem={problem} />
      ))}
      {rounds.length > 0 && <p>{[from, ...rounds].join(' → ')}</p>}
      {nodes.length > 0 && (
        <Table variant="compact" aria-label="Nodes in their order" gridBreakPoint="">
          <Thead>
            <Tr>
              <Th>Node</Th>
              <Th>Role</Th>
              <Th>Wave</Th>
              <Th>Its pods</Th>
            </Tr>
          </Thead>
          <Tbody>
            {nodes.map(({ name, role, wave, isDrained }) => (
              <Tr key={name}>
                <Td>{name}</Td>
                <Td>{role}</Td>
                <Td>{wave === 0 ? 'masters, one by one' : wave}</Td>
                <Td>{isDrained ? 'move to other nodes' : 'stay'}</Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
      {findings?.map(({ level, ...finding }) => (
        <ProblemAlert
          key={finding.code + finding.message}
          variant={level === 'blocks' ? 'danger' : 'warning'}
          problem={finding}
        />
      ))}
    </div>
  )
}
