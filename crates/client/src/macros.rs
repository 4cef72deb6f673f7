//! The macro that makes one typed method out of each line of the table in `calls`.

/// Makes the methods of [`crate::Client`], one a line: `read` changes nothing, `write` carries `WriteOptions` and gets a
/// request id, `apart` changes nothing that is kept and is never repeated, `once` is a `write` that is never repeated because its answer can be had only once.
macro_rules! calls {
    ($($client:ident { $($kind:ident $name:ident($request:ident) -> $response:ident;)* })*) => {
        impl crate::Client {
            $($(calls!(@method $kind $client $name $request $response);)*)*
        }
        $($(calls!(@options $kind $request);)*)*
    };
    (@method read $client:ident $name:ident $request:ident $response:ident) => {
        #[doc = concat!("Sends a [`v1::", stringify!($request), "`]; it changes nothing and is repeated when the link fails.")]
        pub async fn $name(&self, request: v1::$request) -> Result<v1::$response, crate::Error> {
            self.call(crate::retry::Repeat::Safe, request, calls!(@send $client $name)).await
        }
    };
    (@method write $client:ident $name:ident $request:ident $response:ident) => {
        #[doc = concat!("Sends a [`v1::", stringify!($request), "`]; without a request id it gets one, so that repeats act once.")]
        pub async fn $name(&self, mut request: v1::$request) -> Result<v1::$response, crate::Error> {
            crate::calls::name_request(&mut request);
            self.call(crate::retry::Repeat::Safe, request, calls!(@send $client $name)).await
        }
    };
    (@method once $client:ident $name:ident $request:ident $response:ident) => {
        #[doc = concat!("Sends a [`v1::", stringify!($request), "`] once: a repeat would act once too, but answer less.")]
        pub async fn $name(&self, mut request: v1::$request) -> Result<v1::$response, crate::Error> {
            crate::calls::name_request(&mut request);
            self.call(crate::retry::Repeat::Never, request, calls!(@send $client $name)).await
        }
    };
    (@method apart $client:ident $name:ident $request:ident $response:ident) => {
        #[doc = concat!("Sends a [`v1::", stringify!($request), "`] once; it changes nothing that is kept.")]
        pub async fn $name(&self, request: v1::$request) -> Result<v1::$response, crate::Error> {
            self.call(crate::retry::Repeat::Never, request, calls!(@send $client $name)).await
        }
    };
    (@send $client:ident $name:ident) => {
        |channel, request| async move {
            $client::new(channel)
                .max_decoding_message_size(crate::connection::LARGEST_ANSWER)
                .$name(request)
                .await
        }
    };
    (@options read $request:ident) => {};
    (@options apart $request:ident) => {};
    (@options $kind:ident $request:ident) => {
        impl crate::calls::Write for v1::$request {
            fn write_options(&mut self) -> &mut Option<v1::WriteOptions> {
                &mut self.write
            }
        }
    };
}
