// Pure: no I/O, no clock.
import * as v from 'valibot';
import { compilePathPattern } from '../gate/path-pattern.ts';

const pathPattern = v.pipe(
  v.string('a path pattern, such as /docs/*'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const pattern = compilePathPattern(dataset.value);
    if ('problem' in pattern) {
      addIssue({
        message: `a path pattern, such as /docs/* or /teams/:team; it ${pattern.problem}`,
      });
    }
  }),
);

/** One rule of RULES: which requests it is for, and what it asks of them. */
export const rule = v.strictObject(
  {
    path: v.pipe(
      pathPattern,
      v.description(
        'URLPattern syntax without custom regular expressions: literal segments, `:name` for one segment, a final `*` for everything below. Case-sensitive. The query takes no part.',
      ),
    ),
    methods: v.optional(
      v.pipe(
        v.array(
          v.picklist(
            ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
            'one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
          ),
          'a list of methods',
        ),
        v.minLength(1, 'at least one method'),
        v.description('Methods the rule is for; all when left out. GET does not include HEAD.'),
      ),
    ),
    session: v.pipe(
      v.picklist(['none', 'optional', 'required'], 'one of "none", "optional", "required"'),
      v.description(
        '`none`: everyone passes and no session is looked at. `optional`: everyone passes, identity headers are sent for those signed in. `required`: only those signed in pass.',
      ),
    ),
    freshness: v.optional(
      v.pipe(
        v.picklist(['normal', 'strict'], 'one of "normal", "strict"'),
        v.description(
          '`strict`: the session is checked at the store while the request waits, and no cached answer will do.',
        ),
      ),
      'normal',
    ),
    cache_control: v.optional(
      v.pipe(
        v.picklist(['no-store', 'origin'], 'one of "no-store", "origin"'),
        v.description(
          '`no-store`: the answer is sent with `Cache-Control: private, no-store`. `origin`: the origin’s own header stands; only for paths whose content is the same for everyone.',
        ),
      ),
      'no-store',
    ),
  },
  (issue) =>
    issue.expected === 'never'
      ? 'no such member; a rule has path, methods, session, freshness, cache_control'
      : 'a rule: { path = "/docs/*", session = "none" }',
);
