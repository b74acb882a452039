import type { Component, Step } from '../engine/step.ts'
import type { ProvisionParams } from './params.ts'

export type ProvisionStep = Step<ProvisionParams>
export type ProvisionComponent = Component<ProvisionParams>
