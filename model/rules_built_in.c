/* rules_built_in.c -- what is known of the platforms: whose frames are not the application's, and
 * which tell nothing about an error. Data, versioned by RULES_BUILT_IN_VERSION; a change of it
 * moves `app` keys, while `full` keys go on finding the old issues.
 *
 * Each row stands for one rule per name: <when> <field>:"<name>" <then>. Later rows win. The
 * effects are those of Sentry's set all-platforms:2026-01-20, so that projects which move over see
 * the same frames marked. */
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "model/rules.h"

struct row {
    const char *when, *field, *names, *then; /* names: between blanks; quotes keep blanks in */
};

#define NATIVE "family:native"
#define UP_OFF "^-group -group ^-app -app" /* this frame and all towards the crash are noise */
#define SPLIT "v+app -app ^-app"           /* below it the application, above it machinery */

static const struct row rows[] = {
    /* ---- what a frame is ---- */
    {NATIVE, "package",
     "/System/Library/Frameworks/** C:/Windows/** /usr/lib/** /system/** /vendor/** **/libart.so "
     "linux-gate.so* linux-vdso.so* libobjc* libsystem* libdispatch.dylib CoreFoundation "
     "Foundation "
     "CFNetwork IOKit QuartzCore IOMobileFramebuffer WebKit",
     "category=system"},
    {NATIVE, "function", "memset memcpy __memcpy memcmp", "category=system"},
    {"", "module", "dalvik.system.* com.android.* com.lenovo.lsf.* com.lenovo.payplus.*",
     "category=system"},
    {"", "package", "/apex/com.android.*/lib*/**", "category=system"},

    {NATIVE, "function", "boost::* std::*", "category=std"},
    {"", "module",
     "java.* javax.crypto.* com.google.crypto.* com.google.android.* android.database.* androidx.* "
     "android.*",
     "category=std"},
    {"", "module", "android.os.*", "category=system"},

    {NATIVE, "package", "UIKit UIKitCore SwiftUI AttributeGraph CoreAutoLayout GraphicsServices",
     "category=ui"},
    {NATIVE, "function", "-\\\\[NSISEngine*", "category=ui"}, /* auto layout */
    {"", "module",
     "android.view.* android.text.* android.widget.* android.app.Dialog androidx.*.widget.* "
     "com.google.android.material.*",
     "category=ui"},
    {"category:ui", "function", "handleMessage run", "category=indirection"},

    {NATIVE, "function", "art::jit::*", "category=runtime"},
    {NATIVE, "package",
     "/system/lib/libmedia.so /System/lib/libaudioclient.so AudioToolbox* "
     "libAudioToolboxUtility.dylib",
     "category=av"},
    {NATIVE, "function", "std::_* __swift_* block_destroy_helper*", "category=internals"},
    {NATIVE " app:no", "function", "*_block_invoke*", "category=internals"},

    /* where threads and processes begin */
    {NATIVE " function:start", "package", "/usr/lib/system/** libdyld.dylib",
     "category=threadbase"},
    {NATIVE " function:UIApplicationMain", "package", "UIKitCore UIKit", "category=threadbase"},
    {NATIVE, "function",
     "wWinMain invoke_main BaseThreadInitThunk RtlUserThreadStart TppWorkerThread "
     "TppWorkpExecuteCallback RtlpTpWorkCallback thread_start _pthread_start __pthread_start "
     "_pthread_body _pthread_wqthread start_wqthread _dispatch_worker_thread2 "
     "boost::*::thread_proxy",
     "category=threadbase"},
    {NATIVE " function:\"<unknown>\"", "package", "/usr/lib/system/libsystem_pthread.dylib",
     "category=threadbase"},
    {"function:call", "module", "android.os.AsyncTask* android.os.*", "category=threadbase"},
    {"function:runWorker", "module", "java.util.concurrent.ThreadPoolExecutor*",
     "category=threadbase"},
    {"function:main", "module", "android.app.ActivityThread", "category=threadbase"},
    {"function:layout", "module", "android.view.View", "category=threadbase"},
    {"function:loop", "module", "android.os.Looper", "category=threadbase"},
    {"module:android.os.Handler", "function", "dispatchMessage handleCallback",
     "category=threadbase"},
    {"function:handleMessage", "module", "android.app.ActivityThread*", "category=threadbase"},

    {NATIVE, "package", "**/libsystem_malloc.dylib", "category=malloc"},
    {NATIVE, "function", "malloc malloc_base RtlpAllocateHeapInternal std::*::allocator_traits*",
     "category=malloc"},
    {NATIVE, "function",
     "*::operator()* *<lambda>* destructor' __dynamic_cast boost::function* boost::_bi::* "
     "boost::detail::function::functor_manager* Array.subscript.*",
     "category=indirection"},
    {"", "module", "java.lang.reflect.* androidx.work.impl.utils.ForceStopRunnable",
     "category=indirection"},
    {"function:getMethod", "module", "java.lang.Class", "category=indirection"},
    {NATIVE, "function", "*::\\\\{dtor\\\\} destructor'", "category=dtor"},
    {NATIVE, "function", "exit RtlExitUserProcess ExitProcessImplementation RtlExitUserThread",
     "category=shutdown"},
    {NATIVE, "function",
     "RtlpExecuteHandlerForException _sigtramp DispatchHookW execute_onexit_table",
     "category=handler"},
    {NATIVE, "function",
     "abort raise std::terminate RtlExitUserThread TppRaiseInvalidParameter _CxxThrowException "
     "RaiseException RaiseComPlusException _CFThrowFormattedException objc_exception_throw "
     "AG::precondition_failure*",
     "category=throw"},
    {NATIVE, "package",
     "C:/WINDOWS/system32/DriverStore/** **/nvcuda.dll AGXGLDriver libGPUSupportMercury.dylib "
     "\"C:/Program Files/NVIDIA Corporation/**\" "
     "/System/Library/Extensions/AppleIntel*GraphicsGLDriver.bundle/** "
     "/System/Library/Extensions/GeForceGLDriver.bundle/** "
     "/System/Library/Extensions/AMDRadeon*/** "
     "/System/Library/PrivateFrameworks/GPUSupport.framework/**",
     "category=driver"},
    {NATIVE, "function", "*CUDA*", "category=driver"},
    {NATIVE, "function",
     "RtlFreeHeap RtlFreeUnicodeString std::_Deallocate free objc_release _swift_release_dealloc "
     "_CFRelease",
     "category=free"},
    {NATIVE, "package",
     "C:/Windows/SYSTEM32/OPENGL32.dll OpenGLES GLEngine /system/lib/libEGL.so **/libGLES*.so "
     "**/libESXGLES*.so /system/lib/libskia.so /System/Library/Frameworks/OpenGL.framework/** "
     "/System/Library/Frameworks/OpenCL.framework/**",
     "category=gl"},
    {NATIVE " package:/System/Library/PrivateFrameworks/GPUSupport.framework/**", "function",
     "gpusGenerateCrashLog*", "category=telemetry"},
    {NATIVE, "function", "gpusKillClientExt crashpad::*", "category=telemetry"},
    {"", "module", "cn.gundam.sdk.* com.lenovo.payplus.analytics.*", "category=telemetry"},
    {"", "package", "**/libBugly.so", "category=telemetry"},
    {NATIVE, "function", "dlopen dladdr ImageLoaderMachO::findClosestSymbol", "category=load"},
    {NATIVE " function:android::OpenNativeLibrary", "package", "/system/lib/libnativeloader.so",
     "category=load"},
    {"function:loadLibrary", "module", "java.lang.System", "category=load"},
    {"function:loadLibrary*", "module", "java.lang.Runtime", "category=load"},
    {NATIVE, "function", "pthread_mutex_lock", "category=lock"},

    /* ---- what it is among its neighbours ---- */
    /* Of a run of driver frames the last one, of GL, audio and malloc the first one tells enough.
     */
    {"", "category", "driver", "| [ category:driver ] category=internals"},
    {"[ category:gl ] |", "category", "gl", "category=internals"},
    {"[ category:av ] |", "category", "av", "category=internals"},
    {"[ category:malloc ] |", "category", "malloc", "category=internals"},
    /* Python's multiprocessing makes up a module that calls spawn_main. */
    {"", "function", "<module>", "| [ function:spawn_main ] category=internals"},
    /* _purecall aborts by itself: as good as a fault before it. */
    {"[ function:_purecall ] |", "category", "throw", "category=internals"},
    {"[ category:throw ] |", "category", "throw", "category=internals"},
    {NATIVE " category:system !function:_purecall", "function", "_*", "category=internals"},
    {NATIVE " category:system", "function", "<unknown>", "category=internals"},
    /* What Swift's and Apple's compilers make up. */
    {NATIVE, "function",
     "_INTERNAL* closure Collection.map<T> Array.subscript.getter Array._getElement range "
     "_ArrayBuffer._nativeTypeChecked.getter @callee_guaranteed",
     "category=internals"},
    /* The cold half of a function that was split in two. */
    {NATIVE, "function", "*.cold.1", "category=indirection"},
    {"[ !category:system ] |", "category", "system", "| [ !category:system ] category=indirection"},
    {"[ category:free ] |", "category", "system", "category=internals"},
    {"[ category:system ] |", "category", "system", "category=internals"},
    {"[ category:std ] |", "category", "system std", "category=internals"},
    {"[ category:ui ] |", "category", "ui system", "category=internals"},
    {"[ category:internals ] |", "category", "system ui", "category=internals"},
    {"[ category:load ] |", "category", "system load", "category=internals"},
    {"[ category:throw ] |", "category", "system", "category=internals"},
    {"[ category:runtime ] |", "category", "system runtime", "category=internals"},
    {"[ category:dtor ] |", "category", "dtor", "category=internals"},

    /* frameworks of the JVM */
    {"", "module", "akka.* com.fasterxml.* com.microsoft.* com.sun.* feign.* io.opentelemetry.*",
     "category=framework"},
    {"", "module", "io.sentry.*", "category=framework -group"},
    {"", "module",
     "jdk.* oauth.* org.apache.* org.glassfish.* org.jboss.* org.jdesktop.* org.postgresql.* "
     "org.springframework.* org.web3j.* reactor.core.* scala.* sun.*",
     "category=framework"},

    /* ---- whose it is, by place ---- */
    {NATIVE, "package",
     "/var/containers/Bundle/Application/** /private/var/containers/Bundle/Application/** "
     "**/Developer/CoreSimulator/Devices/** **/Containers/Bundle/Application/** "
     "**.app/Contents/** /Users/**",
     "+app"},

    /* Unreal Engine: its asserts, ensures and fatal logs, and our capture calls */
    {NATIVE, "function", "UE::Logging::Private::BasicFatalLog FDebug::CheckVerifyFailedImpl*",
     SPLIT},
    {NATIVE, "function", "*::Impl::ExecCheckImplInternal",
     "| [ function:FDebug::CheckVerifyFailedImpl ] -app"},
    {NATIVE, "function", "FDebug::CheckVerifyFailedImpl2",
     "| [ function:FDebug::CheckVerifyFailedImpl2V ] -app"},
    {NATIVE, "function", "FDebug::OptionallyLogFormattedEnsureMessageReturningFalse", SPLIT},
    {"", "category", "indirection",
     "| [ function:FDebug::OptionallyLogFormattedEnsureMessageReturningFalse ] -app"},
    {NATIVE, "function",
     "DispatchCheckVerify* UE::Assert::Private::ExecCheckImplInternal* "
     "USentrySubsystem::CaptureMessage* USentrySubsystem::CaptureEvent* "
     "USentrySubsystem::*execCapture*",
     SPLIT},

    /* where systems put libraries */
    {"", "package", "/lib/** /usr/lib/**", "-app"},
    {"", "path", "/usr/local/lib/** /usr/local/Cellar/** **/.local/share/**", "-app"},

    /* Rust */
    {NATIVE, "function", "std::* core::* alloc::* __rust_* rust_begin_unwind", "-app"},
    {NATIVE, "function",
     "std::panicking::begin_panic core::panicking::begin_panic failure::backtrace::Backtrace::new "
     "error_chain::make_backtrace",
     UP_OFF},
    {NATIVE, "function", "std::panicking::panic_fmt core::panicking::panic_fmt", "^-app -app"},

    /* C++, Objective-C, Breakpad */
    {NATIVE, "function", "_CxxThrowException __cxa_throw __assert_rtn _NSRaiseError", UP_OFF},
    {NATIVE, "function", "_mh_execute_header google_breakpad::*", "-group -app"},
    {NATIVE, "function",
     "google_breakpad::ExceptionHandler::SignalHandler "
     "google_breakpad::ExceptionHandler::WriteMinidumpWithException",
     "^-group -group"},
    {NATIVE, "package",
     "**/Frameworks/libswift*.dylib **/Frameworks/KSCrash.framework/** "
     "**/Frameworks/SentrySwift.framework/** **/Frameworks/Sentry.framework/**",
     "-app"},
    /* Crash reporters that were linked into the program itself. */
    {NATIVE, "function",
     "kscm_* sentrycrashcm_* kscrash_* *sentrycrash_* ?[[]KSCrash* ?[[]RNSentry* __*[[]Sentry* "
     "?[[]Sentry*",
     "-app -group"},

    /* Dart and Flutter */
    {NATIVE " package:/data/app/**", "path", "**/*.dart", "+app"},
    {"family:javascript", "path", "org-dartlang-sdk:///**", "-app -group"},
    {"family:javascript", "module", "**/packages/flutter/**", "-app"},
    {NATIVE, "path",
     "**/packages/flutter/** lib/ui/hooks.dart lib/ui/platform_dispatcher.dart "
     "third_party/dart/sdk/**",
     "-app"},
    {NATIVE, "package",
     "**/Frameworks/FlutterMacOS.framework/** **/Frameworks/Flutter.framework/**", "-app"},
    {NATIVE, "function", "\"stub InvokeDartCode\" \"stub CallBootstrapNative\"", "-app"},
    {"", "path",
     "package:sentry/** package:sentry_flutter/** package:sentry_logging/** package:sentry_dio/** "
     "package:sentry_file/** package:sentry_hive/** package:sentry_isar/** "
     "package:sentry_sqflite/** package:sentry_drift/**",
     "-app -group"},
    {"", "path", "package:sentry_link/** package:sentry_firebase_remote_config/**", "-app"},
    {NATIVE, "path", "**/.pub-cache/**", "-app"},

    /* ---- what follows from what it is ---- */
    {"", "category", "throw", UP_OFF},
    {"", "category", "system", "-app"},
    {"", "category", "threadbase", "-group v-group"},
    {"", "category", "handler", "^-group -group"},
    {"", "category", "telemetry", "-app -group"},
    {"", "category", "indirection", "-group"},
    {"", "category", "internals", "-app -group"},
    {"", "category", "threadbase", "v-group -group"},

    /* ---- by ecosystem ---- */
    {"", "path", "**/vendor/** **/site-packages/** **/dist-packages/** **/node_modules/**", "-app"},
    {"", "module", "unpkg/**", "-app"},
    {"", "path",
     "**https://unpkg.com/** **https://cdnjs.cloudflare.com/** **https://cdn.jsdelivr.net/** "
     "**https://esm.run/**",
     "-app"},
    {"family:javascript", "function", "reportError", "^-app -app"},
    {"", "module", "@babel/** core-js/** regenerator-runtime/** tslib/**", "-app -group"},
    {"family:javascript", "function", "_callSuper", "-app -group"},
    {"", "function", "runMicrotasks queueMicrotask processTicksAndRejections runNextTicks nextTick",
     "-app -group"},
    {"", "path", "**/go/pkg/mod/**", "-app"},
    {"", "category", "framework", "-app"},
    {"", "module", "kotlin.* kotlinx.* io.ktor.* io.netty.*", "-app"},
    {"", "module", "newrelic", "-app -group"},
    {"", "path", "**/*newrelic*/** **/*LogRocket*/**", "-app -group"},
};

/* Failures of deployment and of server rendering look different each time and are the same thing.
 */
static const char finger_rows[] = "family:javascript type:ChunkLoadError -> chunkloaderror\n"
                                  "family:javascript value:ChunkLoadError* -> chunkloaderror\n"
#define HYDRATION(text)                                                             \
    "family:javascript message:\"" text "\" tags.transaction:* -> hydrationerror, " \
    "{{ tags.transaction }}\n"
    HYDRATION("Hydration failed because the initial UI does not match what was rendered on the "
              "server.")
        HYDRATION(
            "The server could not finish this Suspense boundary, likely due to an error during "
            "server rendering. Switched to client rendering.")
            HYDRATION(
                "There was an error while hydrating this Suspense boundary. Switched to client "
                "rendering.")
                HYDRATION("There was an error while hydrating. Because the error happened outside "
                          "of a Suspense "
                          "boundary, the entire root will switch to client rendering.")
                    HYDRATION("Text content does not match server-rendered HTML.");

/* The next name; quotes keep blanks in. */
static struct text next_name(const char **at)
{
    const char *from = *at + strspn(*at, " "), *end;

    if (*from == '"') {
        end = strchr(from + 1, '"');
        *at = end + 1;
        return (struct text){from + 1, (size_t)(end - from - 1)};
    }
    end = from + strcspn(from, " ");
    *at = end;
    return (struct text){from, (size_t)(end - from)};
}

static struct text text_of_rows(struct arena *a)
{
    size_t room = 64 * 1024, len = 0;
    char *out = arena_alloc(a, room);
    struct text name;

    for (size_t i = 0; out && i < sizeof rows / sizeof *rows; i++)
        for (const char *at = rows[i].names; (name = next_name(&at)).len;)
            len += (size_t)snprintf(out + len, room - len, "%s%s%s:\"%.*s\" %s\n", rows[i].when,
                                    *rows[i].when ? " " : "", rows[i].field, TEXT_ARG(name),
                                    rows[i].then);
    return (struct text){out, len};
}

/* Set once, before anybody has it, and never again: a constant that takes a millisecond to make. */
static const struct group_rules *built_in;

static void compile(void)
{
    static struct arena memory; /* never given back: the rules hold as long as the process */
    struct group_rules_error error;
    struct group_rules *rules;

    arena_init(&memory, 4 << 20);
    rules = arena_zero(&memory, 1, sizeof *rules);
    /* Our own text: if it does not compile, that is our mistake. */
    bool good = rules && rules_parse_finger(text_of(finger_rows), &memory, rules, &error) &&
                rules_parse_stack(text_of_rows(&memory), &memory, rules, &error) &&
                rules_index(&rules->stack, &rules->categories, &memory);
    assert(good);
    for (uint32_t i = 0; i < rules->stack.count; i++)
        rules->stack.rules[i].built_in = true;
    for (uint32_t i = 0; i < rules->finger.count; i++)
        rules->finger.rules[i].built_in = true;
    built_in = rules;
}

const struct group_rules *rules_built_in(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, compile);
    return built_in;
}
