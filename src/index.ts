/**
 * What users of the package import. A table of contents: everything is explained where it is defined.
 *
 * | to … | use |
 * |---|---|
 * | pay, be paid, deposit, withdraw | `Robot` |
 * | check a receipt without the service | `Receipt.verify`, and `Till` to take each one once |
 * | take receipts in several processes | `TillFile.open`, the `store` of a paywall |
 * | survive a crash | `Keep.file` |
 * | sign meter readings | `Meter`, `approveMeter` |
 * | call single routes | `Client` |
 * | compute what is signed | `Digest`, `Merkle` |
 * | handle money and energy | `Amount`, `Energy` |
 *
 * Every error is a `SunledgerError` with a `code` that `src/ERRORS.md` explains.
 *
 * @example
 * import { Robot } from 'sunledger'
 *
 * const robot = await Robot.connect('http://127.0.0.1:4020', { account })
 * await robot.deposit('5.00')
 * const receipt = await robot.pay({ to, amount: '0.000125', for: 'https://charger.example/sessions/42' })
 */

export { type Problem, SunledgerError } from './core/Errors.ts'
export type {
  Address,
  Credit,
  Hex,
  Payment,
  PaymentRequest,
  Proof,
  SaleTerms,
} from './core/Payment.ts'
export { PaymentRefusedError, refusals } from './core/Payment.ts'
export {
  type AccountAssetView,
  type AccountView,
  type BudgetView,
  MessageInvalidError,
  type MeterRequest,
  type Settlements,
  type SignedReading,
  type Statement,
  type StatementLine,
  type Status,
  type Transaction,
} from './core/Wire.ts'
export { AddressInvalidError } from './sdk/Address.ts'
export type { Balance } from './sdk/Balance.ts'
export { AnswerTooLargeError } from './sdk/Bounded.ts'
export type { Limits } from './sdk/Budget.ts'
export {
  AnswerInvalidError,
  Client,
  type ClientOptions,
  ServiceError,
  ServiceUnreachableError,
} from './sdk/Client.ts'
export {
  AssetUnknownError,
  type Deployment,
  DeploymentMismatchError,
  type Pins,
  ServiceImplausibleError,
  VersionMismatchError,
} from './sdk/Deployment.ts'
export { ChargedAfterAllError } from './sdk/Desk.ts'
export { PaymentContendedError, PaymentUnansweredError, ReceiptWithheldError } from './sdk/Entry.ts'
export type { Received } from './sdk/Events.ts'
export * as Amount from './sdk/entries/Amount.ts'
export * as Digest from './sdk/entries/Digest.ts'
export * as Energy from './sdk/entries/Energy.ts'
export * as Merkle from './sdk/entries/Merkle.ts'
export * as Receipt from './sdk/entries/Receipt.ts'
export * as Signature from './sdk/entries/Signature.ts'
export { type DepositOptions, OwnerNeededError, type WithdrawOptions } from './sdk/Funds.ts'
export * as Keep from './sdk/Keep.ts'
export { approveMeter, type Delivery, Meter, type MeterDeployment, type Totals } from './sdk/Meter.ts'
export { OptionInvalidError } from './sdk/Option.ts'
export { type MeteredOptions, metered, type Source } from './sdk/paywall/Metered.ts'
export { type Payee, type Paywall, type PaywallOptions, type PaywallRequest, paywall } from './sdk/paywall/Paywall.ts'
export { type PayOptions, Robot, RobotClosedError, type RobotOptions } from './sdk/Robot.ts'
export * as Signer from './sdk/Signer.ts'
export { PriceTooHighError, type SpendLimits } from './sdk/Spending.ts'
export { StateNotOwnError, StateRegressedError, StateUnprovedError } from './sdk/State.ts'
export { type Range, ReceiptSpentError, RiskExceededError, Till, type TillOptions } from './sdk/Till.ts'
export * as TillFile from './sdk/TillFile.ts'
export { TillStoreError } from './sdk/TillLog.ts'
export type { Claim, SharedTill, Taken, TillStore } from './sdk/TillStore.ts'
export { UrlInvalidError } from './sdk/Url.ts'
export type { PaidInit } from './sdk/x402/Asked.ts'
export { ClearingScheme } from './sdk/x402/ClientScheme.ts'
export {
  AskUnreadableError,
  OtherResourceError,
  PaidAndRefusedError,
} from './sdk/x402/Fetch.ts'
export { NotPayableError } from './sdk/x402/Offer.ts'
export { ServerUnreachableError } from './sdk/x402/Send.ts'
export { type ClearingServerOptions, ClearingServerScheme } from './sdk/x402/ServerScheme.ts'
export type { Stream, StreamOptions, Unit } from './sdk/x402/Stream.ts'
export { StreamFailedError, StreamStoppedError, StreamWrongError } from './sdk/x402/StreamErrors.ts'
