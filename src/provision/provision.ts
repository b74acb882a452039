import type { Component, Step } from '../engine/step.ts'
import type { StepMark } from '../protocol/wire/step-mark.ts'
import type { ComponentId } from './component-ids.ts'
import type { ProvisionParams } from './params.ts'

export type ProvisionStep = Step<ProvisionParams, StepMark>
export type ProvisionComponent = Component<ProvisionParams, ComponentId, ProvisionStep>
