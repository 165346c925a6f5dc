/** The direction of dependencies (style.md 1, docs/architecture.md): what a machine can check is not left to reviewers. */
const service = '^(services/[^/]+|gateway|edge-agent)/src';

export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^(virtual:|/)' } },
    {
      name: 'no-undeclared-package',
      comment: 'What a part imports, its own package.json names.',
      severity: 'error',
      from: { pathNot: '\\.test\\.tsx?$|/test/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'services-never-import-each-other',
      severity: 'error',
      from: { path: '^(services/[^/]+|gateway|edge-agent|portal)/' },
      to: { path: '^(services|gateway|edge-agent|portal)/', pathNot: '^$1/' },
    },
    {
      name: 'sandbox-is-imported-by-nobody',
      severity: 'error',
      from: { path: '^(services|gateway|edge-agent|portal|packages)/' },
      to: { path: '^(sandbox|e2e-tests|load-tests)/' },
    },
    {
      name: 'packages-know-no-service',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(services|gateway|edge-agent|portal)/' },
    },
    {
      name: 'vocabulary-has-no-dependencies',
      severity: 'error',
      from: { path: '^packages/vocabulary/src', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^packages/vocabulary/src' },
    },
    {
      name: 'domain-is-pure',
      comment: 'Rules know the vocabulary and themselves: no I/O, framework, generated type, row or configuration.',
      severity: 'error',
      from: { path: `(${service})/domain/`, pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^$1/domain/', '^packages/vocabulary/'] },
    },
    {
      name: 'app-knows-no-rim',
      comment: 'Operations declare the narrow interfaces they need; grpc, http, events and store implement them.',
      severity: 'error',
      from: { path: `(${service})/app/`, pathNot: '\\.test\\.ts$' },
      to: { path: ['^$1/(grpc|http|events|store|config|main)', '^proto/'] },
    },
    {
      name: 'rim-folders-do-not-import-each-other',
      severity: 'error',
      from: { path: `(${service})/(grpc|http|events|store)/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^$1/(grpc|http|events|store|main)', pathNot: '^$1/$3/' },
    },
    {
      name: 'tools-of-tests-stay-in-tests',
      severity: 'error',
      from: { path: '^(services|gateway|edge-agent|portal)/[^/]*/?src/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^packages/(testkit|local-stores)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(^|/)gen/', '(^|/)dist/'] },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'module', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
