/* command.h -- changes asked for by the API, the tools and the first start: one writer, one order.
 * A command is a name and a JSON object of arguments; its answer an HTTP status and JSON. It runs in
 * one catalogue transaction together with the ring position it came from, so that it takes effect
 * exactly once; the answer leaves after the commit.
 *
 * Projects, keys and users may be named by id or by what people know them by (slug, e-mail). Ids in
 * answers are strings. What was wrong with the arguments is told as Sentry does: {"detail":"…"} or
 * {"field":["…"]}.
 *
 * name               arguments (all validated here again)               answer
 * project.add        {org,name,slug?,platform?}                          201 {id,slug,name,publicKey}
 * project.update     {id, name?,slug?,platform?, …settings}              200 {}
 * project.delete     {id}                                                204
 * key.add            {project,name?,rateLimit?{window,count}}            201 {id,projectId}
 * key.update         {key,name?,isActive?,rateLimit?|null}               200 {}
 * key.delete         {key}                                               204
 * user.add           {email,name?,role?,password(argon2 string)?}        201 {id}
 * user.update        {id|email,name?,role?,password?,active?,preferences?} 200 {}
 * user.login         {id,time_ms}                                        200 {}
 * token.add          {user?,name?,scopes,hash(hex sha256),last4,kind,csrf?,expires_ms?} 201 {id}
 * token.delete       {id|hash,user?}                                     204
 * token.used         {id,time_ms}                                        200 {}
 * issue.update       {ids:[…],status?,statusDetails?,substatus?,assignedTo?,hasSeen?,isBookmarked?,
 *                     priority?}                                         200 what was applied
 * issue.delete       {ids:[…],discard?}                                  204
 * issue.merge        {ids:[…]}                                           200 {merge:{parent,children}}
 * issue.unmerge      {id,hashes:[hex]}                                   202 {id} (where they went)
 * issue.learn        {id,hashes:[hex]}: those that nobody has yet       200 {learnt}
 * comment.add        {issue,text}                                        201 {id}
 * comment.update     {id,text}   comment.delete {id}                     200 {} / 204
 * environment.update {project,name,hidden}                               200 {}
 * release.add        {org,version,projects:[id],dateReleased?,dateStarted?,ref?,url?,status?}
 *                                                                        201/208 {id}
 * release.update     {id,…the same, projects?}                           200 {}
 * release.delete     {id}                                                204
 * feedback.add       {project,event_id,name?,email?,comments}            200 {id}; of an event there is one
 * deploy.add         {release,environment,name?,url?,dateStarted?,dateFinished?} 201 {id}; of a release and
 *                    an environment there is one
 * Listing, for the tools: project.list, key.list {project?}, user.list, each {offset?} → 200 […], at most
 *   LIST_PAGE rows, so that an answer fits a mailbox.
 *
 * Settings of a project, stored as JSON under the API's names; null takes one back to its default:
 *   dataScrubber dataScrubberDefaults scrubIPAddresses (booleans), sensitiveFields safeFields
 *   allowedDomains (lists of strings), fingerprintingRules groupingEnhancements (rules, compiled before
 *   they are taken), rateLimit {count,window}, resolveAge (hours), webhooks (list of URLs),
 *   filters {"localhost","browser-extensions","web-crawlers": booleans, "errorMessages","releases":
 *   lists of globs}; others are kept as they are for the clients that set them.
 * The plain passwords and tokens never come here: workers hash them. */
#ifndef QUERN_WRITER_COMMAND_H
#define QUERN_WRITER_COMMAND_H

#include "proto/buf.h"
#include "proto/record.h"

struct writer;

/* Run one command inside the open catalogue transaction. Returns the status; JSON goes to `answer`. A
 * status from 400 on means that nothing is to be kept. What it means for shared memory is noted, and
 * done by command_settle() after the commit (command_forget(): not at all). */
uint16_t command_run(struct writer *w, const struct record_command *c, struct buf *answer);
void command_settle(struct writer *w);
void command_forget(struct writer *w);

/* The commands at the heads of the rings, one each, everything before them being committed. 0, or the
 * exit status of a writer that cannot go on. */
int command_serve(struct writer *w);

#endif
