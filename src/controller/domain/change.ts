import type { Cluster, Enrolment, NewEvent, Node, Run } from './records.ts'

/** One change of what the controller remembers, as plain data. Several that belong together are committed as a list. */
export type Change =
  | { change: 'add-cluster'; cluster: Cluster }
  | { change: 'set-cluster'; id: string; to: Partial<Cluster> }
  /** With its nodes, their enrolments and runs, and its events. */
  | { change: 'remove-cluster'; id: string }
  | { change: 'add-node'; node: Node }
  | { change: 'set-node'; id: string; to: Partial<Node> }
  /** With its enrolment and its runs. */
  | { change: 'remove-node'; id: string }
  | { change: 'add-enrolment'; enrolment: Enrolment }
  | { change: 'set-enrolment'; fingerprint: string; to: Partial<Enrolment> }
  | { change: 'add-run'; run: Run }
  | { change: 'set-run'; id: string; to: Partial<Run> }
  | { change: 'add-event'; event: NewEvent }
  /** How far the steps of a run had come, once it has ended. */
  | { change: 'remove-step-progress'; runId: string }
