// rules.tsx -- fingerprint and stack trace rules of a project; the server says where one is wrong.
import { Text } from '../ui/form';
import type { ProjectDetail, Save } from './project';

const fingerprintExample = `error.type:DatabaseUnavailable -> system-down
message:"connection reset*" -> {{ default }}, {{ transaction }}`;
const stackExample = `stack.module:app.helpers.* -app
family:javascript stack.abs_path:**/vendor/** -group`;

export function Rules({ project, save }: { project: ProjectDetail; save: Save }) {
  return (
    <>
      <Text
        label="Fingerprint rules"
        before={project.fingerprintingRules ?? ''}
        rows={4}
        verb="Check and save"
        example={fingerprintExample}
        save={(fingerprintingRules) => save('Fingerprint rules saved', { fingerprintingRules })}
      />
      <Text
        label="Stack trace rules"
        before={project.groupingEnhancements ?? ''}
        rows={4}
        verb="Check and save"
        example={stackExample}
        save={(groupingEnhancements) => save('Stack trace rules saved', { groupingEnhancements })}
      />
    </>
  );
}
