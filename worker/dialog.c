/* dialog.c -- the script, and the options that go into it.
 * Source: getsentry/sentry, web/frontend/error_page_embed.py (names of options, defaults). */
#include "worker/dialog.h"

#include <string.h>

#include "proto/buf.h"
#include "proto/form.h"

#define OPTION_MAX 512 /* bytes of one option */

static const struct {
    const char *name, *otherwise;
} options[] = {
    {"title", "It looks like we\xe2\x80\x99re having issues."},
    {"subtitle", "Our team has been notified."},
    {"subtitle2", "If you\xe2\x80\x99"
                  "d like to help, tell us what happened below."},
    {"labelName", "Name"},
    {"labelEmail", "Email"},
    {"labelComments", "What happened?"},
    {"labelClose", "Close"},
    {"labelSubmit", "Submit"},
    {"errorGeneric", "An unknown error occurred while submitting your report. Please try again."},
    {"errorFormEntry", "Some fields were invalid. Please correct the errors and try again."},
    {"successMessage", "Your feedback has been sent. Thank you!"},
    {"name", ""},
    {"email", ""},
};

/* Texts are set with textContent and value, never as markup. The form goes back to the address the
 * script came from. */
static const char script[] =
    "(function(){'use strict';\n"
    "var src=document.currentScript&&document.currentScript.src;\n"
    "function el(tag,props,children){var e=document.createElement(tag);\n"
    "for(var k in props||{}){if(k==='style')e.style.cssText=props[k];else e[k]=props[k];}\n"
    "(children||[]).forEach(function(c){e.appendChild(c);});return e;}\n"
    "function field(tag,name,label,type){var input=el(tag,{name:name,required:true,\n"
    "style:'width:100%;box-sizing:border-box;padding:8px;font:inherit;border:1px solid #c6becf;"
    "border-radius:4px'});\n"
    "if(type)input.type=type;input.value=o[name]||'';\n"
    "return {input:input,node:el('label',{style:'display:block;margin:0 0 12px'},\n"
    "[el('span',{textContent:label,style:'display:block;margin-bottom:4px'}),input])};}\n"
    "var name=field('input','name',o.labelName,'text'),\n"
    "email=field('input','email',o.labelEmail,'email'),\n"
    "comments=field('textarea','comments',o.labelComments),\n"
    "note=el('p',{role:'status',style:'margin:0 0 12px'}),\n"
    "submit=el('button',{type:'submit',textContent:o.labelSubmit,style:'padding:8px 16px;"
    "font:inherit;color:#fff;background:#5b3fa8;border:0;border-radius:4px;cursor:pointer'}),\n"
    "shut=el('button',{type:'button',textContent:o.labelClose,style:'padding:8px 16px;"
    "font:inherit;background:none;border:0;cursor:pointer'}),\n"
    "form=el('form',{},[note,name.node,email.node,comments.node,submit,shut]),\n"
    "box=el('div',{style:'max-width:520px;margin:8vh auto;padding:24px;background:#fff;"
    "color:#2b2233;border-radius:6px;font:16px/1.5 system-ui,sans-serif;text-align:left'},\n"
    "[el('h2',{textContent:o.title,style:'margin:0 0 4px;font-size:22px'}),\n"
    "el('p',{textContent:o.subtitle+' '+o.subtitle2,style:'margin:0 0 16px'}),form]),\n"
    "veil=el('div',{className:'sentry-error-embed-wrapper',style:'position:fixed;inset:0;"
    "z-index:2147483647;overflow:auto;background:rgba(0,0,0,.6)'},[box]);\n"
    "comments.input.rows=5;\n"
    "function close(){if(veil.parentNode)veil.parentNode.removeChild(veil);\n"
    "document.removeEventListener('keydown',key);\n"
    "if(typeof window.sentryConfig==='object'&&window.sentryConfig&&window.sentryConfig.onClose)"
    "window.sentryConfig.onClose();\n"
    "window.postMessage('__sentry_reportdialog_closed__','*');}\n"
    "function key(e){if(e.key==='Escape')close();}\n"
    "shut.onclick=close;document.addEventListener('keydown',key);\n"
    "form.onsubmit=function(e){e.preventDefault();submit.disabled=true;\n"
    "var body=[name,email,comments].map(function(f){return encodeURIComponent(f.input.name)+'='+"
    "encodeURIComponent(f.input.value);}).join('&');\n"
    "var r=new XMLHttpRequest();r.open('POST',src,true);\n"
    "r.setRequestHeader('Content-Type','application/x-www-form-urlencoded');\n"
    "r.onload=function(){submit.disabled=false;\n"
    "if(r.status===200){form.textContent='';form.appendChild(note);form.appendChild(shut);"
    "note.textContent=o.successMessage;}\n"
    "else note.textContent=r.status===400?o.errorFormEntry:o.errorGeneric;};\n"
    "r.onerror=function(){submit.disabled=false;note.textContent=o.errorGeneric;};\n"
    "r.send(body);};\n"
    "(document.body||document.documentElement).appendChild(veil);comments.input.focus();\n"
    "window.postMessage('__sentry_reportdialog_opened__','*');\n"
    "})();\n";

struct text dialog_script(struct text query, struct arena *a)
{
    struct buf out;

    buf_init(&out, a, sizeof script + 2048, sizeof script + 32 * 1024);
    buf_str(&out, "var o=");
    json_open(&out, NULL, '{');
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct text given = form_get(query, options[i].name, a);

        json_text(&out, options[i].name,
                  given.len ? text_clip(given, OPTION_MAX) : text_of(options[i].otherwise));
    }
    json_close(&out, '}');
    buf_str(&out, ";\n");
    buf_str(&out, script);
    return buf_result(&out);
}
