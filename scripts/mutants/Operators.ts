/** What can be changed at one node of a syntax tree: an operator, a constant, a condition or a statement. */

/** As the compiler gives it; only what is looked at. Offsets are bytes. */
export interface Node {
  readonly nodeType: string
  readonly src: string
  readonly name?: string
  readonly kind?: string
  readonly operator?: string
  readonly value?: string
  readonly stateVariable?: boolean
  readonly subdenomination?: string
  readonly expression?: Node
  readonly condition?: Node
  readonly leftExpression?: Node
  readonly rightExpression?: Node
  readonly leftHandSide?: Node
  readonly rightHandSide?: Node
  readonly subExpression?: Node
  readonly functionName?: Node
  readonly arguments?: readonly Node[]
}

export interface Change {
  readonly start: number
  readonly end: number
  readonly after: string
  /** Takes one of the two ways away that a condition can turn out: a test that notices has gone that way, and it mattered. */
  readonly branch?: boolean
}

const operators: Readonly<Record<string, readonly string[]>> = {
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|'],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
  '+=': ['-=', '='],
  '-=': ['+=', '='],
  '|=': ['&=', '='],
  '&=': ['|=', '='],
}

/** In assembly operators are functions. */
const yulFunctions: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'div',
  div: 'mul',
  shl: 'shr',
  shr: 'shl',
  and: 'or',
  or: 'and',
  xor: 'or',
  lt: 'gt',
  gt: 'lt',
  mstore: 'mstore8',
}

const nothing = '{}'

export const changesOf = (node: Node, bytes: Buffer): Change[] => rules[node.nodeType]?.(node, bytes) ?? []

type Rule = (node: Node, bytes: Buffer) => Change[]

const rules: Readonly<Record<string, Rule>> = {
  BinaryOperation: (node, bytes) => {
    const [left, right] = [node.leftExpression, node.rightExpression] as [Node, Node]
    const swapped = operatorBetween(left, right, node.operator ?? '', bytes)
    const logical = node.operator === '&&' || node.operator === '||'
    const halves = logical ? [left, right].map((half) => branched(node, textOf(half, bytes))) : []
    return [...swapped, ...halves]
  },
  Assignment: (node, bytes) =>
    operatorBetween(node.leftHandSide as Node, node.rightHandSide as Node, node.operator ?? '', bytes),
  UnaryOperation: (node, bytes) => {
    const operand = textOf(node.subExpression as Node, bytes)
    if (node.operator === '!') return [replaced(node, operand)]
    const other = node.operator === '++' ? '--' : '++'
    if (node.operator !== '++' && node.operator !== '--') return []
    return [replaced(node, textOf(node, bytes).startsWith(operand) ? `${operand}${other}` : `${other}${operand}`)]
  },
  Literal: (node) => {
    if (node.kind === 'bool') return [replaced(node, node.value === 'true' ? 'false' : 'true')]
    if (node.kind === 'string') return [replaced(node, JSON.stringify(`${node.value}_`))]
    if (node.kind !== 'number') return []
    const unit = node.subdenomination === undefined || node.subdenomination === null ? '' : ` ${node.subdenomination}`
    return [replaced(node, `${BigInt((node.value ?? '0').replaceAll('_', '')) + 1n}${unit}`)]
  },
  IfStatement: (node) => conditions(node.condition, ['true', 'false']),
  Conditional: (node) => conditions(node.condition, ['true', 'false']),
  WhileStatement: (node) => conditions(node.condition, ['false']),
  ForStatement: (node) => conditions(node.condition, ['false']),
  FunctionCall: (node) => (isRequire(node) ? conditions(node.arguments?.[0], ['true', 'false']) : []),
  ExpressionStatement: (node) => (isRequire(node.expression) ? [] : [replaced(node, nothing, true)]),
  EmitStatement: (node) => [replaced(node, nothing, true)],
  RevertStatement: (node) => [replaced(node, nothing, true)],
  Return: (node) => [replaced(node, nothing, true)],
  Continue: (node) => [replaced(node, nothing, true)],
  Break: (node) => [replaced(node, nothing, true)],
  ModifierInvocation: (node) => (node.kind === 'modifierInvocation' ? [replaced(node, '')] : []),
  YulFunctionCall: (node, bytes) => {
    const name = node.functionName as Node
    const other = yulFunctions[name.name ?? '']
    const [operand] = node.arguments ?? []
    if (name.name === 'iszero' && operand) return [replaced(node, textOf(operand, bytes))]
    return other === undefined ? [] : [replaced(name, other)]
  },
  YulLiteral: (node) => (node.kind === 'number' ? [replaced(node, String(BigInt(node.value ?? '0') + 1n))] : []),
  YulIf: (node) => conditions(node.condition, ['1', '0']),
  YulExpressionStatement: (node) => [replaced(node, nothing)],
  YulAssignment: (node) => [replaced(node, nothing)],
}

const isRequire = (node: Node | undefined): boolean =>
  node?.nodeType === 'FunctionCall' && node.expression?.name === 'require'

const conditions = (condition: Node | undefined, values: readonly string[]): Change[] =>
  condition === undefined ? [] : values.map((value) => branched(condition, value))

const operatorBetween = (left: Node, right: Node, operator: string, bytes: Buffer): Change[] => {
  const gap = bytes.toString('utf8', endOf(left), startOf(right))
  const start = endOf(left) + Buffer.byteLength(gap.slice(0, gap.indexOf(operator)))
  return (operators[operator] ?? []).map((after) => ({ start, end: start + operator.length, after }))
}

/** Statements end with a semicolon that is not always part of the node. */
const replaced = (node: Node, after: string, statement = false): Change => ({
  start: startOf(node),
  end: endOf(node) + (statement ? 1 : 0),
  after,
})

const branched = (node: Node, after: string): Change => ({ ...replaced(node, after), branch: true })

export const startOf = ({ src }: Node): number => Number(src.split(':')[0])
export const endOf = ({ src }: Node): number => startOf({ src } as Node) + Number(src.split(':')[1])
const textOf = (node: Node, bytes: Buffer): string => bytes.toString('utf8', startOf(node), endOf(node))
